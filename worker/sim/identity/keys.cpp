#include "worker/sim/identity/keys.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base64url.hpp"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t rsa_bytes = 256;

// Bytes that depend on all of `text`: FNV-1a stretched by a seeded generator.
std::string stretched(std::string_view text, std::size_t bytes) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char letter : text) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    }
    common::Prng random{hash};
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i) {
        out += static_cast<char>(random.below(256));
    }
    return out;
}

std::string base64url(std::string_view bytes) {
    std::string out;
    common::append_base64url(out, bytes);
    return out;
}

PublicRsaKey plain_key(const std::string& kid) {
    std::string n = stretched(kid, rsa_bytes);
    n.front() = static_cast<char>(static_cast<unsigned char>(n.front()) | 0x80U);  // a whole 2048 bits,
    n.back() = static_cast<char>(static_cast<unsigned char>(n.back()) | 1U);       // and odd
    return {base64url(n), "AQAB"};
}

std::string plain_signature(std::string_view n, std::string_view input) {
    return stretched(std::string{n} + '.' + std::string{input}, rsa_bytes);
}

}  // namespace

IdentityCrypto plain_identity_crypto() {
    constexpr std::size_t half_of_sha256 = 16;
    return {
        plain_key,
        [](const std::string& kid, std::string_view input) {
            return plain_signature(plain_key(kid).n, input);
        },
        [](std::string_view text) { return base64url(stretched(text, half_of_sha256)); }};
}

bool plain_signature_valid(std::string_view n, std::string_view input, std::string_view signature) {
    return plain_signature(n, input) == signature;
}

IdentityKeys::IdentityKeys(IdentityCrypto crypto, std::size_t keys, std::uint64_t seed)
    : crypto_{std::move(crypto)}, random_{seed} {
    for (std::size_t i = 0; i < std::max<std::size_t>(keys, 1); ++i) {
        publish();
    }
}

std::string IdentityKeys::publish() {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::size_t kid_length = 7;
    std::string kid;
    do {
        kid.clear();
        for (std::size_t i = 0; i < kid_length; ++i) {
            kid += letters[random_.below(letters.size())];
        }
    } while (std::find(used_kids_.begin(), used_kids_.end(), kid) != used_kids_.end());
    used_kids_.push_back(kid);
    keys_.push_back({kid, crypto_.make_key(kid)});
    return kid;
}

void IdentityKeys::retire(std::string_view kid) {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.kid == kid; });
    if (found != keys_.end() && keys_.size() > 1) {
        keys_.erase(found);
    }
}

void IdentityKeys::rotate() {
    publish();
    keys_.erase(keys_.begin());
}

std::vector<std::string> IdentityKeys::kids() const {
    std::vector<std::string> kids;
    for (const Key& key : keys_) {
        kids.push_back(key.kid);
    }
    return kids;
}

std::string IdentityKeys::key_set() const {
    Json keys = Json::array();
    for (const Key& key : keys_) {
        keys.push_back(Json{
            {"kty", "RSA"},
            {"kid", key.kid},
            {"use", "sig"},
            {"alg", "RS256"},
            {"n", key.public_half.n},
            {"e", key.public_half.e}});
    }
    return Json{{"keys", keys}}.dump();
}

std::string IdentityKeys::signed_jwt(std::string_view claims, bool any) {
    const Key& key = any ? keys_[random_.below(keys_.size())] : keys_.back();
    std::string input = base64url(Json{{"kid", key.kid}, {"alg", "RS256"}}.dump());
    input += '.';
    input += base64url(claims);
    return input + '.' + base64url(crypto_.sign(key.kid, input));
}

}  // namespace sim
