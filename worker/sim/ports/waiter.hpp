// The loop's wait, when several workers share one virtual time: the world moves time on between turns and
// gives a turn to the worker that is due, so waiting takes no time here. Signals arrive as they do in
// production.
#pragma once

#include <utility>
#include <vector>

#include "worker/ports/waiter.hpp"

namespace sim {

class VirtualWaiter final : public ports::Waiter {
public:
    [[nodiscard]] bool wait(common::Instant, std::vector<core::Input>& inputs) override {
        if (std::exchange(drain_, false)) {
            inputs.emplace_back(core::DrainRequested{});
        }
        return !stop_;
    }

    void request_drain() noexcept { drain_ = true; }
    void stop_at_once() noexcept { stop_ = true; }
    [[nodiscard]] bool ready() const noexcept { return drain_ || stop_; }

private:
    bool drain_ = false;
    bool stop_ = false;
};

}  // namespace sim
