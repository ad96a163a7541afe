#include "worker/sim/identity/claims.hpp"

#include <nlohmann/json.hpp>

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t unix_seconds(common::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Json boolean(bool value, bool as_text) {
    return as_text ? Json(value ? "true" : "false") : Json(value);
}

void put_unless_empty(Json& object, const char* name, const std::string& value) {
    if (!value.empty()) {
        object[name] = value;
    }
}

std::string_view type_name(const NoticeClaims& claims) {
    switch (claims.type) {
        case NoticeType::consent_revoked:
            return "consent-revoked";
        case NoticeType::account_deleted:
            return claims.old_spelling ? "account-delete" : "account-deleted";
        case NoticeType::email_disabled:
            return "email-disabled";
        case NoticeType::email_enabled:
            return "email-enabled";
    }
    return "";
}

}  // namespace

std::string_view error_name(IdentityError error) noexcept {
    switch (error) {
        case IdentityError::invalid_request:
            return "invalid_request";
        case IdentityError::invalid_client:
            return "invalid_client";
        case IdentityError::invalid_grant:
            return "invalid_grant";
        case IdentityError::unauthorized_client:
            return "unauthorized_client";
        case IdentityError::unsupported_grant_type:
            return "unsupported_grant_type";
        case IdentityError::invalid_scope:
            return "invalid_scope";
        case IdentityError::user_cancelled_authorize:
            return "user_cancelled_authorize";
    }
    return "unknown";
}

std::string claims_json(const IdentityClaims& claims) {
    Json json{
        {"iss", identity_issuer},
        {"aud", claims.client_id},
        {"exp", unix_seconds(claims.issued + claims.life)},
        {"iat", unix_seconds(claims.issued)},
        {"sub", claims.subject}};
    put_unless_empty(json, "nonce", claims.nonce);
    put_unless_empty(json, "c_hash", claims.code_hash);
    put_unless_empty(json, "at_hash", claims.access_token_hash);
    if (!claims.email.empty()) {
        json["email"] = claims.email;
        json["email_verified"] = boolean(true, claims.verified_as_text);
        json["is_private_email"] = boolean(claims.private_email, claims.private_as_text);
    }
    json["nonce_supported"] = true;
    if (claims.real_user_status) {
        json["real_user_status"] = *claims.real_user_status;
    }
    return json.dump();
}

std::string claims_json(const NoticeClaims& claims) {
    const std::int64_t time = claims.event_time == EventTimeForm::seconds
                                  ? unix_seconds(claims.happened)
                                  : claims.happened.time_since_epoch().count();
    Json event{{"type", type_name(claims)}, {"sub", claims.subject}};
    if (claims.type == NoticeType::email_disabled || claims.type == NoticeType::email_enabled) {
        event["email"] = claims.email;
        event["is_private_email"] = boolean(claims.private_email, true);
    }
    event["event_time"] = time;
    Json json{{"iss", identity_issuer}, {"aud", claims.app_id}};
    if (claims.life) {
        json["exp"] = unix_seconds(claims.happened + *claims.life);
    }
    json["iat"] = unix_seconds(claims.happened);
    json["jti"] = claims.id;
    json["events"] = claims.events_as_object ? event : Json(event.dump());
    return json.dump();
}

}  // namespace sim
