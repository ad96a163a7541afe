// Apple's server-to-server notifications on their way: what is sent to whom, again and again, until it is
// taken. POST to the address registered for the group, with the body {"payload": "<JWT>"}.
//
//   notices.set_address("com.example.tv", "https://accounts.example.com/apple");
//   for (const NoticeDelivery& delivery : notices.due(now)) { ...send...; notices.answered(delivery.id, 200,
//   now); }
//
// That everything but 200 leads to another attempt is what an engineer of Apple's wrote; how many and when is
// not documented. Which notifications come twice, and in which order they come, is drawn.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/strong.hpp"
#include "common/time.hpp"
#include "worker/sim/apple/fault.hpp"
#include "worker/sim/identity/claims.hpp"

namespace sim {

using NoticeId = common::Strong<struct NoticeIdTag, std::uint64_t>;

// All of it own choices, but that `events` is a string, times are milliseconds and exp is a day after iat, as
// seen in practice.
struct NoticeOptions {
    // Waits after the first, second, ... attempt that failed; when they are used up Apple gives up.
    std::vector<common::Duration> retries{
        std::chrono::minutes{1}, std::chrono::minutes{5}, std::chrono::minutes{30}, std::chrono::hours{4}};
    common::Duration delay_max{};     // until the first attempt, drawn: so they overtake each other
    unsigned duplicates_percent = 0;  // come once more, same jti, though they were taken
    bool events_as_object = false;    // as documented
    EventTimeForm event_time = EventTimeForm::milliseconds;
    DeletionSpelling deletion = DeletionSpelling::account_deleted;
    std::optional<std::chrono::seconds> life = std::chrono::hours{24};
};

enum class NoticeState : std::uint8_t { waiting, under_way, taken, given_up };

struct Notice {
    std::string group{};
    std::string account{};
    NoticeType type = NoticeType::consent_revoked;
    std::string id{};        // jti
    std::string payload{};   // the JWT
    common::Instant next{};  // attempt
    unsigned attempts = 0;
    bool duplicate = false;
    NoticeState state = NoticeState::waiting;
};

struct NoticeDelivery {
    NoticeId id{};
    std::string address{};
    std::string body{};
};

class IdentityNotices {
public:
    explicit IdentityNotices(Choose choose, NoticeOptions options = {})
        : choose_{std::move(choose)}, options_{std::move(options)} {}

    void set_options(NoticeOptions options) { options_ = std::move(options); }
    // Groups without an address are told nothing.
    void set_address(std::string group, std::string address);
    [[nodiscard]] bool addressed(std::string_view group) const { return addresses_.contains(group); }

    // The claims as the options want them; `id` is made here.
    [[nodiscard]] NoticeClaims claims_for(NoticeType type, std::string_view group);
    // Takes the signed claims on their way.
    void send(std::string account, const NoticeClaims& claims, std::string jwt, common::Instant now);

    // Attempts to make now, earliest first. Every one wants an answered().
    [[nodiscard]] std::vector<NoticeDelivery> due(common::Instant now);
    // None: no answer in time.
    void answered(NoticeId id, std::optional<int> status, common::Instant now);
    // When due() has something next; never: nothing waits.
    [[nodiscard]] common::Instant next() const;

    [[nodiscard]] const std::vector<Notice>& all() const noexcept { return notices_; }

private:
    Choose choose_;
    NoticeOptions options_;
    std::map<std::string, std::string, std::less<>> addresses_;  // by group
    std::vector<Notice> notices_;                                // NoticeId: index
};

}  // namespace sim
