// What the kernel knows about this process, under the names that every Prometheus client uses.
#pragma once

#include <vector>

#include "worker/adapters/metrics/exporter.hpp"

namespace metrics {

// Reads /proc; what cannot be read is left out.
void append_process_samples(std::vector<Sample>& samples);

}  // namespace metrics
