#include "worker/adapters/reactor/reactor.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/reactor/system_clock.hpp"

namespace adapters::reactor {

namespace {

constexpr int callbacks_a_wait = 64;

std::uint32_t mask_of(bool read, bool write) {
    return (read ? std::uint32_t{EPOLLIN} : 0U) | (write ? std::uint32_t{EPOLLOUT} : 0U);
}

// Which watch an event belongs to: a descriptor closed and opened again within one wait has another
// generation.
std::uint64_t tag_of(int fd, std::uint32_t generation) {
    return (std::uint64_t{generation} << 32U) | static_cast<std::uint32_t>(fd);
}

}  // namespace

struct Reactor::Watch {
    Ready ready;
    std::uint32_t mask = 0;
    std::uint32_t generation = 0;
};

Reactor::Reactor(Signals signals) : epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    INVARIANT(epoll_ >= 0, "no epoll descriptor: the limit of open files is reached at start");
    (void)std::signal(SIGPIPE, SIG_IGN);
    if (signals == Signals::take) {
        watch_signals();
    }
}

Reactor::~Reactor() {
    if (signals_ >= 0) {
        close(signals_);
    }
    close(epoll_);
}

void Reactor::watch_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    INVARIANT(signals_ >= 0, "no signalfd: the limit of open files is reached at start");
    add(signals_, true, false, [this](bool, bool) { read_signals(); });
}

void Reactor::read_signals() {
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        if (info.ssi_signo != SIGHUP) {
            ++stop_signals_;
        }
    }
}

bool Reactor::wait(common::Instant until, std::vector<core::Input>& inputs) {
    std::array<epoll_event, callbacks_a_wait> events{};
    const int ready = wait_for_events(until, events.data(), callbacks_a_wait);
    for (int at = 0; at < ready; ++at) {
        const epoll_event& event = events[static_cast<std::size_t>(at)];
        const auto fd = static_cast<std::size_t>(event.data.u64 & 0xFFFFFFFFU);
        if (fd >= watches_.size() || !watches_[fd] ||
            watches_[fd]->generation != static_cast<std::uint32_t>(event.data.u64 >> 32U)) {
            continue;  // removed by an earlier callback of this wait
        }
        const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        watches_[fd]->ready(
            broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0);
    }
    removed_.clear();
    if (stop_signals_ > 0 && stop_signals_told_ == 0) {
        stop_signals_told_ = 1;
        inputs.emplace_back(core::DrainRequested{});
    }
    return stop_signals_ < 2;
}

int Reactor::wait_for_events(common::Instant until, void* events, int events_max) {
    const common::Duration left = until == common::Instant::min()
                                      ? common::Duration{0}
                                      : std::max(until - steady_now(), common::Duration{0});
    auto* const into = static_cast<epoll_event*>(events);
    if (precise_) {
        const auto whole = std::chrono::floor<std::chrono::seconds>(left);
        const timespec limit{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
        const int ready =
            epoll_pwait2(epoll_, into, events_max, until == common::never ? nullptr : &limit, nullptr);
        if (ready >= 0 || errno != ENOSYS) {
            return std::max(ready, 0);  // EINTR: the loop turns and waits again
        }
        precise_ = false;
    }
    constexpr std::chrono::milliseconds longest{60'000};
    const auto rounded = std::min(std::chrono::ceil<std::chrono::milliseconds>(left), longest);
    return std::max(epoll_wait(epoll_, into, events_max, static_cast<int>(rounded.count())), 0);
}

void Reactor::add(int fd, bool read, bool write, Ready ready) {
    INVARIANT(fd >= 0, "a descriptor that was never opened is watched");
    const auto at = static_cast<std::size_t>(fd);
    if (at >= watches_.size()) {
        watches_.resize(at + 1);
    }
    INVARIANT(!watches_[at], "a descriptor is watched twice, or was closed without remove()");
    watches_[at] = std::make_unique<Watch>(Watch{std::move(ready), mask_of(read, write), ++generations_});
    epoll_event event{};
    event.events = watches_[at]->mask;
    event.data.u64 = tag_of(fd, watches_[at]->generation);
    INVARIANT(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "the kernel refused to watch a descriptor");
}

void Reactor::change(int fd, bool read, bool write) {
    const auto at = static_cast<std::size_t>(fd);
    INVARIANT(at < watches_.size() && watches_[at], "interest changed for a descriptor that is not watched");
    const std::uint32_t mask = mask_of(read, write);
    if (watches_[at]->mask == mask) {
        return;
    }
    watches_[at]->mask = mask;
    epoll_event event{};
    event.events = mask;
    event.data.u64 = tag_of(fd, watches_[at]->generation);
    INVARIANT(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0, "the kernel lost a watched descriptor");
}

void Reactor::remove(int fd) {
    const auto at = static_cast<std::size_t>(fd);
    if (fd < 0 || at >= watches_.size() || !watches_[at]) {
        return;
    }
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    removed_.push_back(std::move(watches_[at]));
}

}  // namespace adapters::reactor
