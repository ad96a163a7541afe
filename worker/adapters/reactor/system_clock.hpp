// The machine's clocks.
#pragma once

#include "worker/ports/clock.hpp"

namespace adapters::reactor {

// CLOCK_MONOTONIC, the clock Reactor::wait() measures its deadlines with.
[[nodiscard]] common::Instant steady_now() noexcept;

class SystemClock final : public ports::Clock {
public:
    [[nodiscard]] common::Now now() override;
};

}  // namespace adapters::reactor
