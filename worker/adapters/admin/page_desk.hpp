// Where request threads ask for a page and the loop's thread hands it over.
//
// Threads: ask() from any thread, answer() from one, close() from any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "worker/adapters/admin/admin_server.hpp"

namespace admin {

enum class PageName : std::uint8_t { metrics, status, health };

struct Page {
    std::string text;  // of metrics and status
    Health health;
};

class PageDesk {
public:
    PageDesk(std::chrono::milliseconds answer_within, std::chrono::milliseconds fresh_for);
    ~PageDesk();
    PageDesk(const PageDesk&) = delete;
    PageDesk& operator=(const PageDesk&) = delete;

    // Waits for the page; none when it did not come in time or the desk was closed.
    [[nodiscard]] std::optional<Page> ask(PageName name);

    // Makes what is asked for.
    void answer(const Pages& pages);

    // Everybody who waits goes away with nothing, and so does who asks later.
    void close();

    [[nodiscard]] int wake_fd() const noexcept { return wake_fd_; }

private:
    struct Slot {
        bool wanted = false;
        std::uint64_t made = 0;  // how often
        std::chrono::steady_clock::time_point made_at{};
        Page page;
    };

    const std::chrono::milliseconds answer_within_;
    const std::chrono::milliseconds fresh_for_;
    const int wake_fd_;
    std::atomic<bool> any_wanted_{false};  // spares the loop the lock
    std::mutex mutex_;
    std::condition_variable made_;
    std::array<Slot, 3> slots_;  // by PageName
    bool closed_ = false;
};

}  // namespace admin
