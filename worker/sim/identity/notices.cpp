#include "worker/sim/identity/notices.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/invariant.hpp"

namespace sim {

void IdentityNotices::set_address(std::string group, std::string address) {
    addresses_.insert_or_assign(std::move(group), std::move(address));
}

NoticeClaims IdentityNotices::claims_for(NoticeType type, std::string_view group) {
    NoticeClaims claims;
    claims.type = type;
    claims.id =
        fmt::format("{:016x}{:08x}", choose_(std::uint64_t{1} << 62U), notices_.size());  // unlike any other
    claims.app_id = group;
    claims.old_spelling = options_.deletion == DeletionSpelling::account_delete ||
                          (options_.deletion == DeletionSpelling::mixed && choose_(2) == 0);
    claims.events_as_object = options_.events_as_object;
    claims.event_time = options_.event_time;
    claims.life = options_.life;
    return claims;
}

void IdentityNotices::send(
    std::string account, const NoticeClaims& claims, std::string jwt, common::Instant now) {
    Notice notice{
        .group = claims.app_id,
        .account = std::move(account),
        .type = claims.type,
        .id = claims.id,
        .payload = std::move(jwt),
        .next = now};
    if (options_.delay_max > common::Duration{}) {
        const auto longest = static_cast<std::uint64_t>(options_.delay_max.count());
        notice.next += common::Duration{static_cast<common::Duration::rep>(choose_(longest + 1))};
    }
    notices_.push_back(std::move(notice));
}

std::vector<NoticeDelivery> IdentityNotices::due(common::Instant now) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < notices_.size(); ++i) {
        if (notices_[i].state == NoticeState::waiting && notices_[i].next <= now) {
            ready.push_back(i);
        }
    }
    std::stable_sort(ready.begin(), ready.end(), [&](std::size_t left, std::size_t right) {
        return notices_[left].next < notices_[right].next;
    });
    std::vector<NoticeDelivery> deliveries;
    for (const std::size_t i : ready) {
        Notice& notice = notices_[i];
        notice.state = NoticeState::under_way;
        ++notice.attempts;
        deliveries.push_back(
            {NoticeId{i}, addresses_.find(notice.group)->second,
             R"({"payload":")" + notice.payload + R"("})"});
    }
    return deliveries;
}

void IdentityNotices::answered(NoticeId id, std::optional<int> status, common::Instant now) {
    Notice& notice = notices_.at(id.value);
    INVARIANT(notice.state == NoticeState::under_way, "an attempt is answered once");
    if (status == 200) {
        notice.state = NoticeState::taken;
        if (!notice.duplicate && choose_(100) < options_.duplicates_percent) {
            Notice again = notice;
            again.duplicate = true;
            again.state = NoticeState::waiting;
            again.next = now + (options_.retries.empty() ? common::Duration{} : options_.retries.front());
            notices_.push_back(std::move(again));
        }
        return;
    }
    if (notice.attempts > options_.retries.size()) {
        notice.state = NoticeState::given_up;
        return;
    }
    notice.state = NoticeState::waiting;
    notice.next = now + options_.retries[notice.attempts - 1];
}

common::Instant IdentityNotices::next() const {
    common::Instant earliest = common::never;
    for (const Notice& notice : notices_) {
        if (notice.state == NoticeState::waiting) {
            earliest = std::min(earliest, notice.next);
        }
    }
    return earliest;
}

}  // namespace sim
