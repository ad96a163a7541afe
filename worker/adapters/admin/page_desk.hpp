// Where request threads ask for a page and the loop's thread hands it over.
//
// Threads: ask() from any thread, answer() from one, close() from any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "worker/adapters/admin/admin_server.hpp"

namespace admin {

enum class PageName : std::uint8_t { metrics, status, health, record, front };
inline constexpr std::size_t page_names = 5;

struct Page {
    std::string text{};  // not of health
    Health health{};
    core::Position record{};  // what a record's page is about
};

class PageDesk {
public:
    PageDesk(std::chrono::milliseconds answer_within, std::chrono::milliseconds fresh_for);
    ~PageDesk();
    PageDesk(const PageDesk&) = delete;
    PageDesk& operator=(const PageDesk&) = delete;

    // Waits for the page; none when it did not come in time or the desk was closed.
    [[nodiscard]] std::optional<Page> ask(PageName name);
    // The same about one record. One at a time, and another one only once the last page is no longer fresh.
    [[nodiscard]] std::optional<Page> ask(const core::Position& record);

    // Makes what is asked for.
    void answer(const Pages& pages);

    // Everybody who waits goes away with nothing, and so does who asks later.
    void close();

    [[nodiscard]] int wake_fd() const noexcept { return wake_fd_; }

private:
    using Clock = std::chrono::steady_clock;
    struct Slot {
        bool wanted = false;
        std::uint64_t made = 0;  // how often
        Clock::time_point made_at{};
        Page page;
    };

    [[nodiscard]] std::optional<Page> ask(
        PageName name, Clock::time_point until, std::unique_lock<std::mutex>& lock);

    const std::chrono::milliseconds answer_within_;
    const std::chrono::milliseconds fresh_for_;
    const int wake_fd_;
    std::atomic<bool> any_wanted_{false};  // spares the loop the lock
    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Slot, page_names> slots_;  // by PageName
    core::Position record_{};             // whose page is wanted, or was last
    bool record_asked_ = false;           // somebody waits for it
    bool closed_ = false;
};

}  // namespace admin
