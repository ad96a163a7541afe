// The key set of the identity server (GET /auth/keys) and what it signs: identity tokens and notifications,
// as compact JWS with RS256. Keys come and go; tokens of a retired key stay around.
//
// How a signature is made is injected: plain text in the simulation (below), RSA with OpenSSL behind real
// sockets (worker/dev).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/prng.hpp"

namespace sim {

// Base64url without padding, as a JWK has them.
struct PublicRsaKey {
    std::string n{};
    std::string e{};
};

struct IdentityCrypto {
    // Makes the key pair of a new kid and keeps it.
    std::function<PublicRsaKey(const std::string& kid)> make_key;
    // RS256: raw bytes of the signature over `input`.
    std::function<std::string(const std::string& kid, std::string_view input)> sign;
    // c_hash, at_hash: base64url of the left half of the SHA-256.
    std::function<std::string(std::string_view text)> half_hash;
};

// Looks right and protects nothing. A signature depends on the public key and the input alone.
[[nodiscard]] IdentityCrypto plain_identity_crypto();
// `n` as in the key set.
[[nodiscard]] bool plain_signature_valid(
    std::string_view n, std::string_view input, std::string_view signature);

class IdentityKeys {
public:
    // Publishes `keys` keys.
    IdentityKeys(IdentityCrypto crypto, std::size_t keys, std::uint64_t seed);

    // Publishes a new key beside the others and returns its kid: seven characters, as real ones have had
    // though the page calls them ten long; never one that was used before.
    std::string publish();
    // The key leaves the set and signs nothing more. The last one stays; unknown kids are ignored.
    void retire(std::string_view kid);
    // A new key, and the oldest goes: the set keeps its size.
    void rotate();

    [[nodiscard]] std::vector<std::string> kids() const;  // oldest first
    [[nodiscard]] std::string key_set() const;            // JWKSet

    // Signs JSON claims. `any`: with a key drawn from the set, so that verifiers have to choose by kid; else
    // with the newest.
    [[nodiscard]] std::string signed_jwt(std::string_view claims, bool any);
    [[nodiscard]] std::string half_hash(std::string_view text) const { return crypto_.half_hash(text); }

private:
    struct Key {
        std::string kid;
        PublicRsaKey public_half;
    };
    IdentityCrypto crypto_;
    common::Prng random_;
    std::vector<Key> keys_;
    std::vector<std::string> used_kids_;
};

}  // namespace sim
