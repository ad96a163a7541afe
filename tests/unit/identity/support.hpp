// Tokens and keys for the tests of core/identity. The signature here is only a word: who signed it. Real ones
// are checked in tests/unit/auth and by independent implementations in tests/third_party.
#pragma once

#include <string>
#include <string_view>

#include "common/base64url.hpp"
#include "common/time.hpp"
#include "worker/core/identity/key_set.hpp"

namespace testing {

inline std::string part(std::string_view bytes) {
    std::string text;
    common::append_base64url(text, bytes);
    return text;
}

inline std::string jws(
    std::string_view header, std::string_view payload, std::string_view signature = "by K1") {
    return part(header) + "." + part(payload) + "." + part(signature);
}

inline constexpr std::string_view rs256_header = R"({"kid":"K1","alg":"RS256"})";

// 2048 bits of ones.
inline std::string modulus() {
    return std::string(256, '\xFF');
}
inline std::string jwk(std::string_view kid, std::string_view more = "") {
    return R"({"kty":"RSA","kid":")" + std::string{kid} + R"(","use":"sig","alg":"RS256","n":")" +
           part(modulus()) + R"(","e":"AQAB")" + std::string{more} + "}";
}
inline core::KeySet keys() {
    return *core::KeySet::parse(R"({"keys":[)" + jwk("K1") + "," + jwk("86D88Kf") + "]}");
}

inline bool signed_by(const core::RsaKey& key, std::string_view /*text*/, std::string_view signature) {
    return signature == "by " + key.kid;
}

inline const common::WallTime now{std::chrono::milliseconds{1'800'000'000'000}};

}  // namespace testing
