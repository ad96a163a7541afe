#include "worker/adapters/admin/request_threads.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace admin {
namespace {

// Stay for the next request; a scrape and two probes come together at times.
constexpr std::size_t kept = 4;

}  // namespace

void RequestThreads::run(std::function<void()> job) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return jobs_.size() < free_ || threads_ < most_; });
    if (jobs_.size() >= free_ && !begin_thread() && threads_ == 0) {
        lock.unlock();
        job();  // late is better than never
        return;
    }
    jobs_.push_back(std::move(job));
    changed_.notify_all();
}

bool RequestThreads::begin_thread() {
    try {
        // Detached, because it may end long before shutdown(), which counts the rest out.
        std::thread{[this] { work(); }}.detach();
    } catch (const std::system_error&) {
        return false;
    }
    ++threads_;
    ++free_;
    return true;
}

void RequestThreads::work() {
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return !jobs_.empty() || shutdown_; });
        if (jobs_.empty()) {
            break;
        }
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        --free_;
        lock.unlock();
        job();
        lock.lock();
        if (jobs_.empty() && free_ >= kept) {
            --threads_;
            changed_.notify_all();
            return;
        }
        ++free_;
        changed_.notify_all();
    }
    --free_;
    --threads_;
    changed_.notify_all();  // under the lock: shutdown() may end the object right after it
}

void RequestThreads::shutdown() {
    std::unique_lock lock{mutex_};
    shutdown_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return threads_ == 0; });
}

}  // namespace admin
