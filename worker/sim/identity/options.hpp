// What the simulated identity server can be told to do. Whatever Apple does not document, or documents in two
// ways, is a switch here; "own choice" marks defaults that no page of Apple's supports.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/time.hpp"

namespace sim {

// ErrorResponse's `error`, and what /auth/authorize delivers to the redirect URI.
enum class IdentityError : std::uint8_t {
    invalid_request,
    invalid_client,
    invalid_grant,
    unauthorized_client,
    unsupported_grant_type,
    invalid_scope,
    user_cancelled_authorize,
};
[[nodiscard]] std::string_view error_name(IdentityError error) noexcept;

enum class BooleanForm : std::uint8_t { boolean, string, mixed };  // mixed: drawn for every claim
enum class DeletionSpelling : std::uint8_t { account_deleted, account_delete, mixed };
enum class EventTimeForm : std::uint8_t { seconds, milliseconds };

// Apple may throttle a second check of the same user's refresh token within a day; how is not documented.
struct RefreshThrottle {
    common::Duration interval = std::chrono::hours{24};
    int status = 429;  // own choice
};

struct IdentityOptions {
    std::uint64_t seed = 1;         // of codes, tokens, subjects, key ids
    bool keep_ledger = true;        // off for endless runs
    std::size_t keys = 2;           // in the key set at the start
    bool sign_with_any_key = true;  // else the newest; own choice

    // Documented.
    common::Duration code_life = std::chrono::minutes{5};
    std::chrono::seconds access_token_life{3600};

    // Not documented; own choices.
    std::chrono::seconds identity_token_life = std::chrono::hours{24};
    bool token_hashes = true;        // c_hash and at_hash, which OpenID Connect clients check
    bool openid_scope = true;        // `openid` is allowed beside `name` and `email`
    bool error_descriptions = true;  // error_description: seen in practice
    bool refuse_unknown_parameters = false;
    int authorize_refused_status = 404;      // unknown client or redirect URI: nowhere to redirect to
    bool revoke_ends_all_sessions = false;   // of the user with this app, not only the token's own
    bool echo_revocations = false;           // our own revoke makes Apple send consent-revoked
    std::string_view token_type = "Bearer";  // the page says bearer, its sample Bearer
    std::optional<RefreshThrottle> refresh_throttle{};

    // Apple's pages and observations conflict about these.
    IdentityError withdrawn = IdentityError::invalid_grant;  // refresh after the user withdrew; or
                                                             // invalid_request
    IdentityError secret_of_other_client = IdentityError::invalid_client;  // sub is not client_id; or
                                                                           // invalid_request
    // Revoking what cannot be revoked; none: 200, as an unknown token. The first is named as an error without
    // saying which; the others are seen in practice.
    std::optional<IdentityError> hint_contradicts = IdentityError::invalid_request;
    std::optional<IdentityError> revoke_identity_token = IdentityError::invalid_client;
    std::optional<IdentityError> revoke_foreign_token = IdentityError::invalid_client;

    BooleanForm booleans = BooleanForm::mixed;  // email_verified, is_private_email
};

}  // namespace sim
