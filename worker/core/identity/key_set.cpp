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

// What is wrong with the numbers; none: they can verify.
std::optional<std::string> weakness(const RsaKey& key) {
    if (key_bits(key) < modulus_bits_min || key_bits(key) > modulus_bits_max) {
        return fmt::format(
            "the modulus has {} bits, and from {} to {} are taken", key_bits(key), modulus_bits_min,
            modulus_bits_max);
    }
    const bool small = key.exponent.size() > exponent_bytes_max || key.exponent == "\x01";
    if (small || !odd(key.exponent) || !odd(key.modulus)) {
        return "the modulus or the exponent is not that of an RSA key";
    }
    return std::nullopt;
}

// None: a key of another kind, or one that cannot be named.
common::Result<std::optional<RsaKey>> read_key(const json& object) {
    using Read = common::Result<std::optional<RsaKey>>;
    if (!object.is_object()) {
        return common::Error{"it is not an object"};
    }
    MemberReader member{object};
    const std::string kind = member.required_text("kty");
    const bool ours = kind == "RSA" && says(member, "use", "sig") && says(member, "alg", "RS256");
    auto kid = member.text("kid");
    if (!member.complaint() && (!ours || !kid)) {
        return Read{std::nullopt};
    }
    const auto modulus = number(member.required_text("n", number_chars_max));
    const auto exponent = number(member.required_text("e", number_chars_max));
    if (member.complaint()) {
        return common::Error{*member.complaint()};
    }
    if (!modulus || !exponent) {
        return common::Error{"n or e is not a number in base64url"};
    }
    RsaKey key{*std::move(kid), *modulus, *exponent};
    if (auto problem = weakness(key)) {
        return common::Error{*std::move(problem)};
    }
    return Read{std::move(key)};
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
    for (std::size_t at = 0; at < list->size(); ++at) {
        auto key = read_key((*list)[at]);
        if (!key) {
            return common::Error{fmt::format("key {} of the key set: {}", at, key.error().message)};
        }
        if (!*key) {
            continue;
        }
        const auto same = [&](const RsaKey& other) { return other.kid == (*key)->kid; };
        if (std::any_of(keys.begin(), keys.end(), same)) {
            return common::Error{fmt::format("key {} of the key set: its kid occurs twice", at)};
        }
        keys.push_back(**std::move(key));
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
