#include "worker/adapters/admin/page_desk.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "common/invariant.hpp"

namespace admin {
namespace {

Page made(PageName name, const Pages& pages) {
    switch (name) {
        case PageName::metrics:
            return {pages.metrics(), {}};
        case PageName::status:
            return {pages.status(), {}};
        case PageName::health:
            return {{}, pages.health()};
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
    const auto now = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    Slot& slot = slots_[static_cast<std::size_t>(name)];
    if (closed_) {
        return std::nullopt;
    }
    if (slot.made > 0 && now < slot.made_at + fresh_for_) {
        return slot.page;
    }
    const std::uint64_t made_before = slot.made;
    slot.wanted = true;
    any_wanted_ = true;
    // Cannot fail but for a full counter, and then the loop is awake anyway.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = ::write(wake_fd_, &one, sizeof one);
    made_.wait_until(lock, now + answer_within_, [&] { return closed_ || slot.made != made_before; });
    return slot.made != made_before ? std::optional{slot.page} : std::nullopt;
}

void PageDesk::answer(const Pages& pages) {
    if (!any_wanted_) {
        return;
    }
    std::array<bool, 3> wanted{};
    {
        const std::lock_guard lock{mutex_};
        std::uint64_t wakes = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &wakes, sizeof wakes);
        any_wanted_ = false;
        for (std::size_t at = 0; at < slots_.size(); ++at) {
            wanted[at] = std::exchange(slots_[at].wanted, false);
        }
    }
    for (std::size_t at = 0; at < slots_.size(); ++at) {
        if (!wanted[at]) {
            continue;
        }
        Page page = made(static_cast<PageName>(at), pages);
        const std::lock_guard lock{mutex_};
        slots_[at].page = std::move(page);
        slots_[at].made_at = std::chrono::steady_clock::now();
        ++slots_[at].made;
    }
    made_.notify_all();
}

void PageDesk::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    made_.notify_all();
}

}  // namespace admin
