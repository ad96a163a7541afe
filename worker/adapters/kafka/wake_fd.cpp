#include "worker/adapters/kafka/wake_fd.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "common/invariant.hpp"

namespace kafka {
namespace {

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    INVARIANT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "a fresh descriptor can be watched");
}

void drain(int fd) noexcept {
    std::uint64_t count = 0;
    // Nothing to read is fine: the descriptors do not block.
    [[maybe_unused]] const auto bytes = read(fd, &count, sizeof count);
}

}  // namespace

WakeFd::WakeFd()
    : epoll_{epoll_create1(EPOLL_CLOEXEC)},
      event_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)},
      timer_{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)} {
    INVARIANT(epoll_ >= 0 && event_ >= 0 && timer_ >= 0, "out of file descriptors at start");
    watch(epoll_, event_);
    watch(epoll_, timer_);
}

WakeFd::~WakeFd() {
    close(timer_);
    close(event_);
    close(epoll_);
}

void WakeFd::wake() noexcept {
    const std::uint64_t one = 1;
    // Fails only when 2^64 wishes are unread: readable anyway.
    [[maybe_unused]] const auto bytes = write(event_, &one, sizeof one);
}

void WakeFd::wake_after(common::Duration wait) noexcept {
    const auto ns = std::max<common::Duration::rep>(wait.count(), 1);  // 0 would disarm the timer
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    when.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    timerfd_settime(timer_, 0, &when, nullptr);
}

void WakeFd::clear() noexcept {
    drain(event_);
    drain(timer_);
}

}  // namespace kafka
