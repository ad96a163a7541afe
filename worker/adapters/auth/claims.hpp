// What the JWT for the Automatic Sign-In API says (apple-apis: header alg, kid, typ; claims iss, iat, exp,
// aud, bid).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace auth {

struct BearerClaims {
    std::string_view issuer_id;  // a UUID, from the keys page of App Store Connect
    std::string_view bundle_id;  // of the app that creates the sign-in tokens
    common::WallTime issued_at{};
    std::chrono::seconds lifetime{};  // at most 60 minutes: exp - iat, beyond which Apple refuses the token
};

[[nodiscard]] std::string bearer_header(std::string_view key_id);
[[nodiscard]] std::string bearer_claims(const BearerClaims& claims);

}  // namespace auth
