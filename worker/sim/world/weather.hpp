// How bad the world is right now. The world's script changes it; the ports look at it. All clear once the
// faults are over.
#pragma once

#include <cstddef>
#include <optional>

#include "common/time.hpp"

namespace sim {

struct Weather {
    unsigned stores_fail_percent = 0;
    unsigned store_acks_lost_percent = 0;
    unsigned stores_late_percent = 0;  // refused by the producer's clock, stored nevertheless
    common::Duration store_latency_max = std::chrono::milliseconds{20};
    unsigned commits_fail_percent = 0;
    unsigned commit_answers_lost_percent = 0;
    common::Duration commit_latency_max = std::chrono::milliseconds{20};
    common::Duration fetch_latency_max = std::chrono::milliseconds{50};
    common::Duration latency_max = std::chrono::milliseconds{20};  // to Apple, one way
    unsigned rewinds_percent = 0;                                  // of fetches
    std::optional<std::size_t> partition_behind{};                 // is fetched slowly
    bool no_connection = false;
    bool no_key = false;  // the key file cannot be read
};

}  // namespace sim
