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

// A private key on P-256. Copies share the key. Threads: one at a time.
class SigningKey {
public:
    // `pem` is what a .p8 file holds; `place` (the path) starts the error, which says what is wrong with the
    // file and what to do, and never shows its content.
    [[nodiscard]] static common::Result<SigningKey> from_pem(
        const common::Secret& pem, std::string_view place);

    // A compact JWS of the two JSON texts. Each call gives another signature. Cost: about 17 us.
    [[nodiscard]] common::Secret sign(std::string_view header, std::string_view claims) const;

private:
    explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_{std::move(key)} {}

    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace auth
