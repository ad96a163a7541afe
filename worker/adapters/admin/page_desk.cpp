#include "worker/adapters/admin/page_desk.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/invariant.hpp"

namespace admin {
namespace {

Page made(PageName name, const core::Position& record, const Pages& pages) {
    switch (name) {
        case PageName::metrics:
            return {.text = pages.metrics()};
        case PageName::status:
            return {.text = pages.status()};
        case PageName::health:
            return {.health = pages.health()};
        case PageName::record:
            return {.text = pages.record(record), .record = record};
        case PageName::front:
            return {.text = pages.front()};
    }
    return {};
}

}  // namespace

PageDesk::PageDesk(std::chrono::milliseconds answer_within, std::chrono::milliseconds fresh_for)
    : answer_within_{answer_within},
      fresh_for_{fresh_for},
      wake_fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    INVARIANT(wake_fd_ >= 0, "a descriptor is free when the process starts");
}

PageDesk::~PageDesk() {
    ::close(wake_fd_);
}

std::optional<Page> PageDesk::ask(PageName name) {
    std::unique_lock lock{mutex_};
    return ask(name, Clock::now() + answer_within_, lock);
}

std::optional<Page> PageDesk::ask(const core::Position& record) {
    const auto until = Clock::now() + answer_within_;
    std::unique_lock lock{mutex_};
    if (!changed_.wait_until(lock, until, [this] { return closed_ || !record_asked_; })) {
        return std::nullopt;
    }
    record_asked_ = true;
    record_ = record;
    const Slot& slot = slots_[static_cast<std::size_t>(PageName::record)];
    if (slot.made > 0 && slot.page.record != record) {
        const auto stale = std::min(until, slot.made_at + fresh_for_);
        changed_.wait_until(lock, stale, [this] { return closed_; });
    }
    auto page = Clock::now() < until ? ask(PageName::record, until, lock) : std::nullopt;
    record_asked_ = false;
    changed_.notify_all();
    return page;
}

std::optional<Page> PageDesk::ask(
    PageName name, Clock::time_point until, std::unique_lock<std::mutex>& lock) {
    Slot& slot = slots_[static_cast<std::size_t>(name)];
    // A page that was asked for by somebody who has gone may come late, and be about another record.
    const auto is_about = [&] { return name != PageName::record || slot.page.record == record_; };
    if (closed_) {
        return std::nullopt;
    }
    if (slot.made > 0 && Clock::now() < slot.made_at + fresh_for_ && is_about()) {
        return slot.page;
    }
    const std::uint64_t made_before = slot.made;
    const auto is_new = [&] { return slot.made != made_before && is_about(); };
    slot.wanted = true;
    any_wanted_ = true;
    // Cannot fail but for a full counter, and then the loop is awake anyway.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = ::write(wake_fd_, &one, sizeof one);
    changed_.wait_until(lock, until, [&] { return closed_ || is_new(); });
    return is_new() ? std::optional{slot.page} : std::nullopt;
}

void PageDesk::answer(const Pages& pages) {
    if (!any_wanted_) {
        return;
    }
    std::array<bool, page_names> wanted{};
    core::Position record;
    {
        const std::lock_guard lock{mutex_};
        std::uint64_t wakes = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &wakes, sizeof wakes);
        any_wanted_ = false;
        for (std::size_t at = 0; at < slots_.size(); ++at) {
            wanted[at] = std::exchange(slots_[at].wanted, false);
        }
        record = record_;
    }
    for (std::size_t at = 0; at < slots_.size(); ++at) {
        if (!wanted[at]) {
            continue;
        }
        Page page = made(static_cast<PageName>(at), record, pages);
        const std::lock_guard lock{mutex_};
        slots_[at].page = std::move(page);
        slots_[at].made_at = Clock::now();
        ++slots_[at].made;
    }
    changed_.notify_all();
}

void PageDesk::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    changed_.notify_all();
}

}  // namespace admin
