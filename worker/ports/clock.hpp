// The present. The only way time enters the worker.
#pragma once

#include <chrono>

#include "common/time.hpp"

namespace ports {

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual common::Now now() = 0;
};

// The clock that Clock::now().steady shows, CLOCK_MONOTONIC: for adapters whose libraries call back or wait
// without being given the time.
[[nodiscard]] inline common::Instant steady_now() noexcept {
    return common::Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

}  // namespace ports
