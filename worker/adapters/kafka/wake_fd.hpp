// One file descriptor that becomes readable when an adapter's collect() must be called: because librdkafka
// put something into its queue, because the adapter itself has news, or because a retry is due.
//
// fd() is an epoll set, so a poll or an outer epoll may watch it; nobody but clear() reads from it.
// Threads: librdkafka's threads write to event_fd(); everything else belongs to the loop's thread.
#pragma once

#include "common/time.hpp"

namespace kafka {

class WakeFd {
public:
    WakeFd();
    WakeFd(const WakeFd&) = delete;
    WakeFd& operator=(const WakeFd&) = delete;
    ~WakeFd();

    [[nodiscard]] int fd() const noexcept { return epoll_; }
    [[nodiscard]] int event_fd() const noexcept { return event_; }

    // Makes fd() readable at once.
    void wake() noexcept;
    // Makes fd() readable after `wait`; replaces an earlier wish.
    void wake_after(common::Duration wait) noexcept;
    // Call before looking for work: what is signalled from then on makes fd() readable again.
    void clear() noexcept;

private:
    int epoll_;
    int event_;
    int timer_;
};

}  // namespace kafka
