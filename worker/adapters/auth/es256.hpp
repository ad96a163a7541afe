// Signs JWTs with ES256 (RFC 7518 section 3.4): ECDSA on P-256 with SHA-256.
//
// The signer knows nothing of claims: the bearer of the Automatic Sign-In API and other tokens of Apple's use
// the same key type and differ only in their claims (claims.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "common/result.hpp"
#include "common/secret.hpp"

struct evp_pkey_st;

namespace auth {

// r || s, 32 bytes each, left-padded with zeros: the signature as JOSE wants it.
using JoseSignature = std::array<std::uint8_t, 64>;

// OpenSSL writes DER: SEQUENCE { INTEGER r, INTEGER s }, where a number may be 1 to 33 bytes long (short when
// it is small, one zero more when its top bit is set). None when that is not what `der` is.
[[nodiscard]] std::optional<JoseSignature> jose_signature(std::span<const std::uint8_t> der);

// The remedies for a file that holds no such key: where to get the right one.
inline constexpr std::string_view in_app_purchase_key =
    "use the In-App Purchase key downloaded from App Store Connect "
    "(Users and Access > Integrations > In-App Purchase) as it is";
inline constexpr std::string_view sign_in_with_apple_key =
    "use the Sign in with Apple key downloaded from the Apple Developer account "
    "(Certificates, Identifiers & Profiles > Keys) as it is";

// A private key on P-256. Copies share the key. Threads: one at a time.
class SigningKey {
public:
    // `pem` is what a .p8 file holds; `place` (the path) starts the error, which says what is wrong with the
    // file and what to do, and never shows its content. `which_key` is the remedy when it is another thing.
    [[nodiscard]] static common::Result<SigningKey> from_pem(
        const common::Secret& pem, std::string_view place, std::string_view which_key = in_app_purchase_key);

    // A compact JWS of the two JSON texts. Each call gives another signature. Cost: about 17 us.
    [[nodiscard]] common::Secret sign(std::string_view header, std::string_view claims) const;

private:
    explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_{std::move(key)} {}

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace auth
