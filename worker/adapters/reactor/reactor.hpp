// The one wait of the loop's thread: sockets, librdkafka's eventfd, signals and the next deadline in one
// epoll.
//
// SIGTERM and SIGINT: the first becomes core::DrainRequested, the second makes wait() return false. SIGHUP is
// swallowed: key files are watched anyway, and a closed terminal must not end a drain half-way.
//
// Threads: one. A reactor that takes signals blocks them in the constructing thread: make it before any other
//          thread, which then inherits the mask. Every reactor ignores SIGPIPE for the whole process: a peer
//          that closed its socket is the answer to a write, not a reason to die.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/ports/readiness.hpp"
#include "worker/ports/waiter.hpp"

namespace adapters::reactor {

enum class Signals : std::uint8_t { take, leave };

class Reactor final : public ports::Waiter, public ports::Readiness {
public:
    // Errors: a kernel without epoll descriptors left stops the process; nothing works without them.
    explicit Reactor(Signals signals);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    ~Reactor() override;

    // Deadlines are kept to the nanosecond where the kernel has epoll_pwait2 (5.11), else to the millisecond,
    // rounded up. One wait carries at most 64 callbacks out; more stay for the next.
    [[nodiscard]] bool wait(common::Instant until, std::vector<core::Input>& inputs) override;

    void add(int fd, bool read, bool write, Ready ready) override;
    void change(int fd, bool read, bool write) override;
    void remove(int fd) override;

private:
    struct Watch;

    void watch_signals();
    void read_signals();
    int wait_for_events(common::Instant until, void* events, int events_max);

    int epoll_ = -1;
    int signals_ = -1;
    bool precise_ = true;
    std::vector<std::unique_ptr<Watch>> watches_;  // by descriptor
    std::vector<std::unique_ptr<Watch>> removed_;  // in this wait: their callback may be the one that runs
    std::uint32_t generations_ = 0;
    int stop_signals_ = 0;
    int stop_signals_told_ = 0;
};

}  // namespace adapters::reactor
