// The series of one HTTP transport.
#pragma once

#include <string>
#include <vector>

#include "worker/adapters/metrics/exporter.hpp"
#include "worker/ports/transport_stats.hpp"

namespace metrics {

void append_transport_samples(
    std::vector<Sample>& samples, const std::string& endpoint, const ports::TransportStats& stats);

}  // namespace metrics
