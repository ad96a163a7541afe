// The loop's wait, with what the composition adds to the reactor's: a drain that another thread asks for, a
// pulse so that an idle loop still writes its summary, and the moment the wait ended.
//
// Threads: request_drain() from any; the rest on the loop's.
#pragma once

#include <chrono>
#include <optional>

#include "worker/adapters/reactor/reactor.hpp"
#include "worker/ports/waiter.hpp"

namespace app {

class LoopWaiter final : public ports::Waiter {
public:
    explicit LoopWaiter(adapters::reactor::Reactor& reactor);
    LoopWaiter(const LoopWaiter&) = delete;
    LoopWaiter& operator=(const LoopWaiter&) = delete;
    ~LoopWaiter() override;

    [[nodiscard]] bool wait(common::Instant until, std::vector<core::Input>& inputs) override;

    // As the first SIGTERM.
    void request_drain() noexcept;

    // Whoever asked for it, a signal or request_drain().
    [[nodiscard]] bool drain_begun() const noexcept { return drain_begun_; }

    [[nodiscard]] common::Instant ended_at() const noexcept { return ended_at_; }
    // How long after its time the last wait ended; none when something came before that.
    [[nodiscard]] std::optional<common::Duration> late() const noexcept { return late_; }

private:
    static constexpr common::Duration pulse = std::chrono::seconds{1};

    adapters::reactor::Reactor& reactor_;
    int drain_fd_ = -1;
    bool drain_asked_ = false;
    bool drain_begun_ = false;
    common::Instant ended_at_{};
    std::optional<common::Duration> late_{};
};

}  // namespace app
