// Threads for requests: as many as there are connections, up to a bound, and few while nothing happens.
//
// httplib gives each connection a thread until it has said its request or has been silent for too long. With
// a handful of threads a few silent connections kept every probe waiting, so a stuck scraper could have had
// the worker restarted.
//
// Threads: run() and shutdown() on one thread, httplib's listening one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace admin {

class RequestThreads {
public:
    // `most`: with so many at work, run() waits and the kernel keeps further connections.
    explicit RequestThreads(std::size_t most) : most_{most} {}
    RequestThreads(const RequestThreads&) = delete;
    RequestThreads& operator=(const RequestThreads&) = delete;

    // Runs `job` on a thread that is free, or on a new one.
    void run(std::function<void()> job);

    // Waits until everything that was given is done and no thread is left. Call run() no more.
    void shutdown();

private:
    void work();
    // With the lock held; false when the machine gives no thread.
    [[nodiscard]] bool begin_thread();

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;  // as many as free threads, unless the machine gives none
    std::size_t threads_ = 0;
    std::size_t free_ = 0;
    bool shutdown_ = false;
};

}  // namespace admin
