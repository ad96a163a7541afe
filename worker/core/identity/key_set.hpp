// Apple's public keys (GET /auth/keys), with which identity tokens and notifications are verified.
//
// Several are published at once and they change, so a key is always looked up by its `kid`. How long a set
// may be kept is not documented.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace core {

struct RsaKey {
    std::string kid;       // Apple's have had 7 and 10 characters: its length means nothing
    std::string modulus;   // big-endian bytes without leading zeros; from 2048 to 8192 bits, odd
    std::string exponent;  // the same; at most 4 bytes, 3 or more, odd

    friend bool operator==(const RsaKey&, const RsaKey&) = default;
};

// Whether `signature` (its bytes) is the key's RSASSA-PKCS1-v1_5 signature with SHA-256 of `signed_text`
// (RFC 7518 section 3.3). The cryptography lives in an adapter.
using Rs256Check =
    std::function<bool(const RsaKey& key, std::string_view signed_text, std::string_view signature)>;

class KeySet {
public:
    static constexpr std::size_t bytes_max = 16'384;  // as much as is taken of an answer
    static constexpr std::size_t keys_max = 100;

    // A JWKSet. Unknown members are ignored, and so is, as RFC 7517 section 5 asks for, every key that cannot
    // be used: of another kind (`kty`), use or algorithm, damaged, weaker than 2048 bits, absurdly large, or
    // without a `kid`, since nothing can name it. Of two with one `kid` the first counts. Error: it is no key
    // set, or holds no key that can verify. Keep the last good set then.
    [[nodiscard]] static common::Result<KeySet> parse(std::string_view json);

    // Null when there is none; valid as long as the set.
    [[nodiscard]] const RsaKey* find(std::string_view kid) const noexcept;
    // In the order of the document.
    [[nodiscard]] const std::vector<RsaKey>& keys() const noexcept { return keys_; }

    friend bool operator==(const KeySet&, const KeySet&) = default;

private:
    explicit KeySet(std::vector<RsaKey> keys) : keys_{std::move(keys)} {}

    std::vector<RsaKey> keys_;
};

// Of the modulus.
[[nodiscard]] std::size_t key_bits(const RsaKey& key) noexcept;

}  // namespace core
