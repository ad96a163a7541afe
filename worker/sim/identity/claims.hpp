// The claims of identity tokens and of server-to-server notifications, as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"
#include "worker/sim/identity/options.hpp"

namespace sim {

inline constexpr std::string_view identity_issuer = "https://appleid.apple.com";

struct IdentityClaims {
    std::string subject{};
    std::string client_id{};
    common::WallTime issued{};
    std::chrono::seconds life{};
    std::string nonce{};  // empty: none was sent
    std::string email{};  // empty: left out, with what is said about it
    bool private_email = false;
    bool verified_as_text = false;  // email_verified is "true" instead of true
    bool private_as_text = false;   // the same of is_private_email
    std::optional<int> real_user_status{};
    std::string code_hash{};
    std::string access_token_hash{};
};
[[nodiscard]] std::string claims_json(const IdentityClaims& claims);

enum class NoticeType : std::uint8_t { consent_revoked, account_deleted, email_disabled, email_enabled };

struct NoticeClaims {
    NoticeType type = NoticeType::consent_revoked;
    std::string id{};      // jti
    std::string app_id{};  // aud
    std::string subject{};
    common::WallTime happened{};
    std::string email{};  // email_* only
    bool private_email = false;
    bool old_spelling = false;  // account-delete
    bool events_as_object = false;
    EventTimeForm event_time = EventTimeForm::milliseconds;
    std::optional<std::chrono::seconds> life{};  // exp; none: left out
};
[[nodiscard]] std::string claims_json(const NoticeClaims& claims);

}  // namespace sim
