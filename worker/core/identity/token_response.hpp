// The answers of Apple's identity service to /auth/token and /auth/revoke. Members that are not documented
// are passed over, wrong types are not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/secret.hpp"

namespace core {

inline constexpr std::size_t token_answer_bytes_max = 65'536;

// 200 of /auth/token.
struct TokenResponse {
    common::Secret access_token;
    std::optional<std::chrono::seconds> expires_in;  // of the access token
    std::optional<common::Secret> refresh_token;     // absent in the answer to a refresh
    std::optional<common::Secret> id_token;
};
// Error: what is wrong with the body, never a part of it. RFC 6749 section 5.1 says which members must be
// there: access_token and token_type, which is compared without case ("bearer" in Apple's text, "Bearer" in
// its sample).
[[nodiscard]] common::Result<TokenResponse> read_token_response(std::string_view body);

// The `error` of a 400.
enum class IdentityError : std::uint8_t {
    invalid_request,
    invalid_client,
    invalid_grant,
    unauthorized_client,
    unsupported_grant_type,
    invalid_scope,
    unknown,  // a name that Apple does not document
};
[[nodiscard]] std::string_view identity_error_name(IdentityError error) noexcept;

struct ErrorResponse {
    IdentityError error = IdentityError::unknown;
    std::string name;  // `error` as it came; any content where it is unknown
    // `error_description`: not documented, sent in practice. Apple's words, of any content.
    std::string description;
};
[[nodiscard]] common::Result<ErrorResponse> read_error_response(std::string_view body);

}  // namespace core
