// The way to Apple that the configuration chooses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "common/result.hpp"
#include "worker/app/config/config.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/journal.hpp"
#include "worker/ports/readiness.hpp"
#include "worker/ports/transport_stats.hpp"

namespace app {

struct Transport {
    std::unique_ptr<ports::HttpTransport> port;
    std::function<ports::TransportStats(core::EndpointId)> stats;
};

// `readiness` and `journal` must outlive it. Error: a CA file or URL that cannot be used; names it.
[[nodiscard]] common::Result<Transport> make_transport(
    const Config& config, ports::Readiness& readiness, ports::Journal& journal, std::uint64_t seed);

}  // namespace app
