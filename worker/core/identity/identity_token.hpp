// Identity tokens, as Apple hands them to an app or a website when a person signs in. The checks are those of
// "Verifying a user": signature, issuer, audience, expiry, and the nonce when there was one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "worker/core/identity/signed_token.hpp"

namespace core {

// `real_user_status`: 0, 1, 2. Not sent on the web.
enum class RealUserStatus : std::uint8_t { unsupported, unknown, likely_real };
[[nodiscard]] std::string_view real_user_status_name(RealUserStatus status) noexcept;

struct IdentityToken {
    std::string subject;   // stable for a team; the only identifier of the person
    std::string audience;  // which of our clients
    common::WallTime issued_at{};
    common::WallTime expires_at{};
    bool has_nonce = false;
    std::optional<bool> nonce_supported;
    std::optional<common::Secret> email;  // never an identifier
    std::optional<bool> email_verified;
    std::optional<bool> is_private_email;
    std::optional<RealUserStatus> real_user_status;
    std::optional<std::string> transfer_subject;  // `transfer_sub`: for 60 days after an app transfer
};

struct IdentityTokenRules {
    std::string issuer{apple_issuer};
    std::vector<std::string> audiences;  // our client ids
    common::WallTime at{};
    // What the authorization request sent. The token must then repeat it, unless it says nonce_supported:
    // false. None: a nonce in the token is not looked at.
    std::optional<common::Secret> nonce;
};

[[nodiscard]] Verification<IdentityToken> verify_identity_token(
    const UnverifiedToken& token, const KeySet& keys, const Rs256Check& check,
    const IdentityTokenRules& rules);

}  // namespace core
