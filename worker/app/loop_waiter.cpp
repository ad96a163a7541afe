#include "worker/app/loop_waiter.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <variant>

#include "common/invariant.hpp"
#include "worker/adapters/reactor/system_clock.hpp"

namespace app {

LoopWaiter::LoopWaiter(adapters::reactor::Reactor& reactor)
    : reactor_{reactor}, drain_fd_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    INVARIANT(drain_fd_ >= 0, "the kernel has no descriptor left at start");
    reactor_.add(drain_fd_, true, false, [this](bool, bool) {
        std::uint64_t count = 0;
        drain_asked_ = ::read(drain_fd_, &count, sizeof count) == sizeof count;
    });
}

LoopWaiter::~LoopWaiter() {
    reactor_.remove(drain_fd_);
    ::close(drain_fd_);
}

bool LoopWaiter::wait(common::Instant until, std::vector<core::Input>& inputs) {
    const common::Instant begin = adapters::reactor::steady_now();
    const common::Instant due = std::min(until, begin + pulse);
    const bool go_on = reactor_.wait(due, inputs);
    ended_at_ = adapters::reactor::steady_now();
    late_ = due > begin && ended_at_ >= due ? std::optional{ended_at_ - due} : std::nullopt;
    if (drain_asked_) {
        drain_asked_ = false;
        inputs.emplace_back(core::DrainRequested{});
    }
    drain_begun_ = drain_begun_ || std::any_of(inputs.begin(), inputs.end(), [](const core::Input& input) {
                       return std::holds_alternative<core::DrainRequested>(input);
                   });
    return go_on;
}

void LoopWaiter::request_drain() noexcept {
    const std::uint64_t one = 1;
    // A counter that is full is as readable as it can be.
    [[maybe_unused]] const auto written = ::write(drain_fd_, &one, sizeof one);
}

}  // namespace app
