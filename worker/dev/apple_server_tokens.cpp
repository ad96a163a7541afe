#include "worker/dev/apple_server_tokens.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <openssl/pem.h>
#include <nlohmann/json.hpp>

#include "worker/dev/apple_server_openssl.hpp"

namespace dev {
namespace {

using Json = nlohmann::json;
using sim::TokenFlaw;
using sim::TokenVerdict;

constexpr std::size_t remembered_max = 4096;
constexpr std::size_t token_bytes_max = 8192;
constexpr std::size_t half_bytes = 32;  // of r and of s

// Strict base64url without padding; none: anything else.
std::optional<std::string> decode_base64url(std::string_view text) {
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const char letter : text) {
        const auto digit = alphabet.find(letter);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<char>((bits >> count) & 0xFFU));
        }
    }
    return bytes;
}

std::optional<Json> decode_object(std::string_view part) {
    const auto bytes = decode_base64url(part);
    if (!bytes) {
        return std::nullopt;
    }
    Json json = Json::parse(*bytes, nullptr, false);
    return json.is_object() ? std::optional{std::move(json)} : std::nullopt;
}

std::optional<std::string> text_of(const Json& object, const char* field) {
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? std::optional{found->get<std::string>()}
                                                       : std::nullopt;
}

std::optional<std::int64_t> seconds_of(const Json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_number_integer()) {
        return std::nullopt;
    }
    return found->get<std::int64_t>();
}

// JOSE's r||s to the DER that OpenSSL verifies; empty when it is not 64 bytes (a DER signature is longer).
std::vector<unsigned char> der_of(const std::string& jose) {
    if (jose.size() != 2 * half_bytes) {
        return {};
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(jose.data());
    const EcdsaSigPtr signature{ECDSA_SIG_new()};
    BIGNUM* r = BN_bin2bn(bytes, half_bytes, nullptr);
    BIGNUM* s = BN_bin2bn(bytes + half_bytes, half_bytes, nullptr);
    ECDSA_SIG_set0(signature.get(), r, s);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    std::vector<unsigned char> result;
    if (size > 0) {
        result.assign(der, der + size);
        OPENSSL_free(der);
    }
    return result;
}

bool signed_by(EVP_PKEY* key, std::string_view text, const std::string& jose) {
    const std::vector<unsigned char> der = der_of(jose);
    const MdCtxPtr context{EVP_MD_CTX_new()};
    return !der.empty() && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(
               context.get(), der.data(), der.size(), reinterpret_cast<const unsigned char*>(text.data()),
               text.size()) == 1;
}

struct Verified {
    TokenVerdict verdict;  // as far as it does not depend on the time
    std::int64_t iat = 0;
    std::int64_t exp = 0;
};

}  // namespace

class Es256Tokens::Impl {
public:
    [[nodiscard]] Verified verify(std::string_view token) const;

    std::map<std::string, PkeyPtr, std::less<>> keys;
    std::set<std::string, std::less<>> apps;
    std::optional<std::string> issuer;
    sim::TokenTimes times;
    std::unordered_map<std::string, Verified> remembered;  // by the whole header value

private:
    [[nodiscard]] std::optional<TokenFlaw> claims_flaw(const Json& claims) const;
};

std::optional<TokenFlaw> Es256Tokens::Impl::claims_flaw(const Json& claims) const {
    const auto iss = text_of(claims, "iss");
    const auto aud = text_of(claims, "aud");
    const auto bid = text_of(claims, "bid");
    if (!iss || (issuer && *iss != *issuer)) {
        return TokenFlaw::issuer;
    }
    if (!aud || *aud != "appstoreconnect-v1") {
        return TokenFlaw::audience;
    }
    if (!bid || !apps.contains(*bid)) {
        return TokenFlaw::bundle_id;
    }
    return std::nullopt;
}

Verified Es256Tokens::Impl::verify(std::string_view token) const {
    const auto refused = [](TokenFlaw flaw) { return Verified{{flaw, {}, {}}}; };
    const auto first_dot = token.find('.');
    const auto last_dot = token.rfind('.');
    if (token.size() > token_bytes_max || first_dot == std::string_view::npos || first_dot == last_dot) {
        return refused(TokenFlaw::malformed);
    }
    const auto header = decode_object(token.substr(0, first_dot));
    const auto claims = decode_object(token.substr(first_dot + 1, last_dot - first_dot - 1));
    const auto signature = decode_base64url(token.substr(last_dot + 1));
    if (!header || !claims || !signature) {
        return refused(TokenFlaw::malformed);
    }
    // The algorithm is ours to choose, never the token's: anything but ES256 ends here, before a key is
    // looked at.
    if (text_of(*header, "alg") != "ES256") {
        return refused(TokenFlaw::algorithm);
    }
    const auto kid = text_of(*header, "kid");
    const auto key = kid ? keys.find(*kid) : keys.end();
    if (key == keys.end()) {
        return refused(TokenFlaw::unknown_key);
    }
    if (!signed_by(key->second.get(), token.substr(0, last_dot), *signature)) {
        return refused(TokenFlaw::signature);
    }
    if (const auto flaw = claims_flaw(*claims)) {
        return refused(*flaw);
    }
    const auto iat = seconds_of(*claims, "iat");
    const auto exp = seconds_of(*claims, "exp");
    if (!iat || !exp) {
        return refused(TokenFlaw::malformed);
    }
    return {{std::nullopt, *text_of(*claims, "bid"), *kid}, *iat, *exp};
}

Es256Tokens::Es256Tokens() : impl_{std::make_unique<Impl>()} {}
Es256Tokens::Es256Tokens(Es256Tokens&&) noexcept = default;
Es256Tokens& Es256Tokens::operator=(Es256Tokens&&) noexcept = default;
Es256Tokens::~Es256Tokens() = default;

common::Result<bool> Es256Tokens::add_key(const std::string& key_id, std::string_view p8) {
    const BioPtr memory{BIO_new_mem_buf(p8.data(), static_cast<int>(p8.size()))};
    const PkeyPtr key{PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr)};
    std::array<char, 32> curve{};
    std::size_t length = 0;
    if (!key || EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), &length) != 1 ||
        std::string_view{curve.data(), length} != "prime256v1") {
        return common::Error{"key " + key_id + ": not the PEM of a P-256 private key"};
    }
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    const unsigned char* at = der;
    PkeyPtr public_half{d2i_PUBKEY(nullptr, &at, size)};
    OPENSSL_free(der);
    impl_->keys.insert_or_assign(key_id, std::move(public_half));
    impl_->remembered.clear();
    return true;
}

void Es256Tokens::revoke_key(const std::string& key_id) {
    impl_->keys.erase(key_id);
    impl_->remembered.clear();
}

void Es256Tokens::set_issuer(std::string issuer) {
    impl_->issuer = std::move(issuer);
    impl_->remembered.clear();
}

void Es256Tokens::add_app(std::string bundle_id) {
    impl_->apps.insert(std::move(bundle_id));
    impl_->remembered.clear();
}

void Es256Tokens::set_times(sim::TokenTimes times) {
    impl_->times = times;
}

TokenVerdict Es256Tokens::check(std::string_view authorization, common::WallTime now) {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) {
        return {TokenFlaw::missing, {}, {}};
    }
    const std::string whole{authorization};
    auto known = impl_->remembered.find(whole);
    if (known == impl_->remembered.end()) {
        if (impl_->remembered.size() >= remembered_max) {
            impl_->remembered.clear();
        }
        known = impl_->remembered.emplace(whole, impl_->verify(authorization.substr(scheme.size()))).first;
    }
    const Verified& verified = known->second;
    if (verified.verdict.flaw) {
        return verified.verdict;
    }
    if (const auto flaw = sim::time_flaw(verified.iat, verified.exp, now, impl_->times)) {
        return {flaw, {}, {}};
    }
    return verified.verdict;
}

}  // namespace dev
