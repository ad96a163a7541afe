#include "worker/core/identity/key_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/base64url.hpp"
#include "worker/core/identity/json_object.hpp"

namespace core {
namespace {

using nlohmann::json;

constexpr std::size_t modulus_bits_min = 2048;
constexpr std::size_t modulus_bits_max = 8192;  // OpenSSL takes 16384, and a second for it
constexpr std::size_t exponent_bytes_max = 4;   // a long exponent is only slow
constexpr std::size_t number_chars_max = 4096;

// A Base64urlUInt (RFC 7518 section 2). Some writers put a zero byte in front, as DER does.
std::optional<std::string> number(const std::string& text) {
    const auto bytes = common::base64url_bytes(text);
    if (!bytes) {
        return std::nullopt;
    }
    const auto first = std::find_if(bytes->begin(), bytes->end(), [](auto byte) { return byte != 0; });
    return first == bytes->end() ? std::nullopt : std::optional{std::string{first, bytes->end()}};
}

bool odd(const std::string& number) {
    return (static_cast<unsigned char>(number.back()) & 1U) != 0;
}

bool says(MemberReader& member, const char* name, std::string_view expected) {
    const auto value = member.text(name);
    return !value || *value == expected;
}

bool can_verify(const RsaKey& key) {
    const bool small = key.exponent.size() > exponent_bytes_max || key.exponent == "\x01";
    return key_bits(key) >= modulus_bits_min && key_bits(key) <= modulus_bits_max && !small &&
           odd(key.exponent) && odd(key.modulus);
}

// None: it cannot be used.
std::optional<RsaKey> read_key(const json& object) {
    if (!object.is_object()) {
        return std::nullopt;
    }
    MemberReader member{object};
    const bool ours =
        member.required_text("kty") == "RSA" && says(member, "use", "sig") && says(member, "alg", "RS256");
    auto kid = member.required_text("kid");
    const auto modulus = number(member.required_text("n", number_chars_max));
    const auto exponent = number(member.required_text("e", number_chars_max));
    if (!ours || member.complaint() || !modulus || !exponent) {
        return std::nullopt;
    }
    RsaKey key{std::move(kid), *modulus, *exponent};
    return can_verify(key) ? std::optional{std::move(key)} : std::nullopt;
}

}  // namespace

std::size_t key_bits(const RsaKey& key) noexcept {
    const auto first = static_cast<unsigned char>(key.modulus.empty() ? '\0' : key.modulus.front());
    return key.modulus.empty()
               ? 0
               : (key.modulus.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(first));
}

common::Result<KeySet> KeySet::parse(std::string_view text) {
    if (text.size() > bytes_max) {
        return common::Error{fmt::format("the key set is larger than {} bytes", bytes_max)};
    }
    const auto document = json_object(text);
    if (!document) {
        return common::Error{"the key set is not a JSON object, each name once"};
    }
    const auto list = document->find("keys");
    if (list == document->end() || !list->is_array() || list->size() > keys_max) {
        return common::Error{fmt::format("the key set has no list `keys` of at most {} keys", keys_max)};
    }
    std::vector<RsaKey> keys;
    for (const json& each : *list) {
        auto key = read_key(each);
        const bool first = key && std::none_of(keys.begin(), keys.end(), [&](const RsaKey& other) {
                               return other.kid == key->kid;
                           });
        if (first) {
            keys.push_back(*std::move(key));
        }
    }
    if (keys.empty()) {
        return common::Error{"the key set holds no RSA key that can verify a signature"};
    }
    return KeySet{std::move(keys)};
}

const RsaKey* KeySet::find(std::string_view kid) const noexcept {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&](const RsaKey& key) { return key.kid == kid; });
    return found == keys_.end() ? nullptr : &*found;
}

}  // namespace core
