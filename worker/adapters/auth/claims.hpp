// What our two kinds of JWT say. They differ in key, issuer and audience, and neither is taken for the other:
//
//   bearer         Automatic Sign-In API    header alg, kid, typ; claims iss, iat, exp, aud, bid
//   client secret  Sign in with Apple API   header alg, kid;      claims iss, iat, exp, aud, sub
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

struct ClientSecretClaims {
    std::string_view team_id;    // ten characters
    std::string_view client_id;  // App ID or Services ID without the team's, as the authorization used it
    common::WallTime issued_at{};
    std::chrono::seconds lifetime{};  // exp may lie 15,777,000 s ahead at most, by Apple's clock
};

[[nodiscard]] std::string client_secret_header(std::string_view key_id);
[[nodiscard]] std::string client_secret_claims(const ClientSecretClaims& claims);

}  // namespace auth
