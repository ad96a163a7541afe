// Apple's server-to-server notifications: a person stopped using the Apple Account with our app, deleted it,
// or switched the forwarding of mail.
//
// Apple documents `events` as an object and sends it as a JSON string; both are taken. So are both spellings
// of account-delete(d), and an `event_time` in seconds (documented) or milliseconds (sent).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "worker/core/identity/signed_token.hpp"

namespace core {

enum class NotificationType : std::uint8_t {
    consent_revoked,
    account_deleted,
    email_enabled,
    email_disabled,
    unknown,  // properly signed, and of a type that was not documented when this was written
};
// As Apple writes it; account_deleted in its newer spelling.
[[nodiscard]] std::string_view notification_type_name(NotificationType type) noexcept;
// Whether the person's credentials are dead, and their tokens have to go.
[[nodiscard]] constexpr bool ends_credentials(NotificationType type) noexcept {
    return type == NotificationType::consent_revoked || type == NotificationType::account_deleted;
}

struct Notification {
    std::string id;        // `jti`: one that was seen before is a repetition
    std::string audience;  // which of our clients
    common::WallTime issued_at{};
    std::optional<common::WallTime> expires_at;  // a day after issued_at when it does not say
    NotificationType type = NotificationType::unknown;
    std::string subject;  // the person's `sub`, stable for a team; may be empty when nothing ends
    // Nothing is decided by these: absent, too, when they are not as documented.
    std::optional<common::WallTime> event_time;
    std::optional<common::Secret> email;
    std::optional<bool> is_private_email;
};

struct NotificationRules {
    std::string issuer{apple_issuer};
    std::vector<std::string> audiences;  // our client ids
    common::WallTime at{};               // when it must not have expired
    common::WallTime received{};         // it may have been issued until then, if that is later
};

using UnverifiedNotification = UnverifiedToken;

// What key `jws` needs. Trusts nothing; never throws.
[[nodiscard]] std::variant<UnverifiedNotification, IdentityProblem> read_notification(std::string_view jws);

[[nodiscard]] std::variant<Notification, UnknownKey, IdentityProblem> verify(
    const UnverifiedNotification& notification, const KeySet& keys, const Rs256Check& check,
    const NotificationRules& rules);

// The same, with what was looked at.
[[nodiscard]] Verification<Notification> verify_in_steps(
    const UnverifiedNotification& notification, const KeySet& keys, const Rs256Check& check,
    const NotificationRules& rules);

}  // namespace core
