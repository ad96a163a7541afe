// One log line a minute: what was done since the last one, and what is still open.
#pragma once

#include <chrono>
#include <optional>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/stats.hpp"

namespace app {

class Summary {
public:
    // True once a minute, the first time a minute after the first call.
    [[nodiscard]] bool due(common::Instant now);
    // The line, and the point from which the next one counts.
    [[nodiscard]] core::Say line(const core::Stats& stats, const core::Status& status);

private:
    std::optional<common::Instant> next_;
    core::Counters last_;
};

}  // namespace app
