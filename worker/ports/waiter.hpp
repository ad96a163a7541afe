// The one place where the loop's thread sleeps.
#pragma once

#include <vector>

#include "common/time.hpp"
#include "worker/core/engine/input.hpp"

namespace ports {

class Waiter {
public:
    virtual ~Waiter() = default;

    // Returns when a port has something to collect, a signal came, or `until` is reached; at once when
    // `until` has passed (a poll). Work that belongs to sockets is done inside, so that the ports' collect()
    // finds it. Signals become inputs (DrainRequested). False: stop at once, without draining (the second
    // signal).
    [[nodiscard]] virtual bool wait(common::Instant until, std::vector<core::Input>& inputs) = 0;
};

}  // namespace ports
