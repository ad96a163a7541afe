#include "worker/core/identity/notification.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "worker/core/identity/claims.hpp"

namespace core {
namespace {

using nlohmann::json;

// Apple documents no `exp`, and sends one of a day. One that is kept must not be good for ever.
constexpr std::chrono::hours life_without_expiry{24};

struct TypeName {
    NotificationType type;
    std::string_view name;
};
// Of two spellings the one that Apple documents today comes first.
constexpr std::array type_names{
    TypeName{NotificationType::consent_revoked, "consent-revoked"},
    TypeName{NotificationType::account_deleted, "account-deleted"},
    TypeName{NotificationType::account_deleted, "account-delete"},
    TypeName{NotificationType::email_enabled, "email-enabled"},
    TypeName{NotificationType::email_disabled, "email-disabled"},
};

NotificationType type_of(std::string_view name) {
    for (const TypeName& each : type_names) {
        if (each.name == name) {
            return each.type;
        }
    }
    return NotificationType::unknown;
}

IdentityProblem bad_claims(std::string sentence) {
    return {invalid::bad_claims, std::move(sentence)};
}

std::optional<json> events_of(const json& claims) {
    const auto events = claims.find("events");
    if (events == claims.end()) {
        return std::nullopt;
    }
    if (events->is_string()) {
        return json_object(events->get_ref<const std::string&>());
    }
    return events->is_object() ? std::optional<json>{*events} : std::nullopt;
}

struct Claims {
    StandardClaims standard;
    Notification notification;
};

std::optional<IdentityProblem> read_event(const json& object, Notification& notification) {
    MemberReader member{object};
    notification.type = type_of(member.required_text("type"));
    notification.subject = ends_credentials(notification.type) ? member.required_text("sub")
                                                               : member.text("sub").value_or(std::string{});
    // Nothing is decided by the others, so an odd one among them does not refuse what Apple signed.
    notification.event_time = MemberReader{object}.time("event_time", true);
    if (auto email = MemberReader{object}.text("email")) {
        notification.email = common::Secret{*std::move(email)};
    }
    notification.is_private_email = MemberReader{object}.flag("is_private_email");
    return member.complaint() ? std::optional{bad_claims("in events, " + *member.complaint())} : std::nullopt;
}

std::optional<IdentityProblem> read_claims(std::string_view payload, Claims& claims) {
    const auto object = json_object(payload);
    if (!object) {
        return bad_claims("the payload is not a JSON object, each name once");
    }
    MemberReader claim{*object};
    claims.standard = read_standard_claims(claim);
    claims.notification.id = claim.required_text("jti");
    if (!claims.standard.expires_at) {
        claims.standard.expires_at = claims.standard.issued_at + life_without_expiry;
    }
    if (claim.complaint()) {
        return bad_claims(*claim.complaint());
    }
    const auto events = events_of(*object);
    if (!events) {
        return bad_claims("events is neither a JSON object nor a string that holds one");
    }
    return read_event(*events, claims.notification);
}

}  // namespace

std::string_view notification_type_name(NotificationType type) noexcept {
    for (const TypeName& each : type_names) {
        if (each.type == type) {
            return each.name;
        }
    }
    return "unknown";
}

std::variant<UnverifiedNotification, IdentityProblem> read_notification(std::string_view jws) {
    return read_signed_token(jws);
}

Verification<Notification> verify_in_steps(
    const UnverifiedNotification& token, const KeySet& keys, const Rs256Check& check,
    const NotificationRules& rules) {
    const RsaKey* const key = keys.find(token.key_id);
    if (key == nullptr) {
        return {{}, UnknownKey{}};
    }
    Claims claims;
    StepsTaken taken = take_steps({
        signature_step(token, *key, check),
        {"the claims are those of a notification",
         [&] { return read_claims(token.jws.payload.expose(), claims); }},
        issuer_step(claims.standard, rules.issuer),
        audience_step(claims.standard, rules.audiences),
        issue_step(claims.standard, std::max(rules.at, rules.received)),
        expiry_step(claims.standard, rules.at),
    });
    if (taken.problem) {
        return {std::move(taken.checks), *std::move(taken.problem)};
    }
    Notification& notification = claims.notification;
    notification.audience = audience_of(claims.standard, rules.audiences);
    notification.issued_at = claims.standard.issued_at;
    notification.expires_at = claims.standard.expires_at;
    return {std::move(taken.checks), std::move(notification)};
}

std::variant<Notification, UnknownKey, IdentityProblem> verify(
    const UnverifiedNotification& notification, const KeySet& keys, const Rs256Check& check,
    const NotificationRules& rules) {
    return verify_in_steps(notification, keys, check, rules).result;
}

}  // namespace core
