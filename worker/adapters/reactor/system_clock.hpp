// The machine's clocks.
#pragma once

#include "worker/ports/clock.hpp"

namespace adapters::reactor {

using ports::steady_now;  // the clock Reactor::wait() measures its deadlines with

class SystemClock final : public ports::Clock {
public:
    [[nodiscard]] common::Now now() override;
};

}  // namespace adapters::reactor
