#include "worker/dev/apple/es256.hpp"

#include <array>
#include <utility>
#include <vector>

#include <openssl/pem.h>
#include <nlohmann/json.hpp>

#include "common/base64url.hpp"
#include "worker/dev/apple/openssl.hpp"

namespace dev {
namespace {

using Json = nlohmann::json;
using Bytes = std::vector<unsigned char>;
using sim::TokenFlaw;

constexpr std::size_t token_bytes_max = 8192;
constexpr std::size_t half_bytes = 32;  // of r and of s

std::optional<Json> decode_object(std::string_view part) {
    const auto bytes = common::base64url_bytes(part);
    if (!bytes) {
        return std::nullopt;
    }
    Json json = Json::parse(bytes->begin(), bytes->end(), nullptr, false);
    return json.is_object() ? std::optional{std::move(json)} : std::nullopt;
}

// JOSE's r||s to the DER that OpenSSL verifies; empty when it is not 64 bytes (a DER signature is longer).
Bytes der_of(const Bytes& jose) {
    if (jose.size() != 2 * half_bytes) {
        return {};
    }
    const unsigned char* bytes = jose.data();
    const EcdsaSigPtr signature{ECDSA_SIG_new()};
    BIGNUM* r = BN_bin2bn(bytes, half_bytes, nullptr);
    BIGNUM* s = BN_bin2bn(bytes + half_bytes, half_bytes, nullptr);
    ECDSA_SIG_set0(signature.get(), r, s);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    Bytes result;
    if (size > 0) {
        result.assign(der, der + size);
        OPENSSL_free(der);
    }
    return result;
}

bool signed_by(EVP_PKEY* key, std::string_view text, const Bytes& jose) {
    const Bytes der = der_of(jose);
    const MdCtxPtr context{EVP_MD_CTX_new()};
    return !der.empty() && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(
               context.get(), der.data(), der.size(), reinterpret_cast<const unsigned char*>(text.data()),
               text.size()) == 1;
}

ReadJwt refused(TokenFlaw flaw) {
    ReadJwt jwt;
    jwt.flaw = flaw;
    return jwt;
}

}  // namespace

std::optional<std::string> ReadJwt::text(std::string_view claim) const {
    const auto found = texts.find(claim);
    return found == texts.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::int64_t> ReadJwt::number(std::string_view claim) const {
    const auto found = numbers.find(claim);
    return found == numbers.end() ? std::nullopt : std::optional{found->second};
}

class Es256Keys::Impl {
public:
    std::map<std::string, PkeyPtr, std::less<>> keys;
};

Es256Keys::Es256Keys() : impl_{std::make_unique<Impl>()} {}
Es256Keys::Es256Keys(Es256Keys&&) noexcept = default;
Es256Keys& Es256Keys::operator=(Es256Keys&&) noexcept = default;
Es256Keys::~Es256Keys() = default;

common::Result<bool> Es256Keys::add(const std::string& key_id, std::string_view p8) {
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
    return true;
}

void Es256Keys::revoke(const std::string& key_id) {
    impl_->keys.erase(key_id);
}

ReadJwt Es256Keys::read(std::string_view token) const {
    const auto first_dot = token.find('.');
    const auto last_dot = token.rfind('.');
    if (token.size() > token_bytes_max || first_dot == std::string_view::npos || first_dot == last_dot) {
        return refused(TokenFlaw::malformed);
    }
    const auto header = decode_object(token.substr(0, first_dot));
    const auto claims = decode_object(token.substr(first_dot + 1, last_dot - first_dot - 1));
    const auto signature = common::base64url_bytes(token.substr(last_dot + 1));
    if (!header || !claims || !signature) {
        return refused(TokenFlaw::malformed);
    }
    // The algorithm is ours to choose, never the token's: anything but ES256 ends here, before a key is
    // looked at.
    if (header->value("alg", Json{}) != "ES256") {
        return refused(TokenFlaw::algorithm);
    }
    const auto kid = header->find("kid");
    const auto key = kid != header->end() && kid->is_string() ? impl_->keys.find(kid->get<std::string>())
                                                              : impl_->keys.end();
    if (key == impl_->keys.end()) {
        return refused(TokenFlaw::unknown_key);
    }
    if (!signed_by(key->second.get(), token.substr(0, last_dot), *signature)) {
        return refused(TokenFlaw::signature);
    }
    ReadJwt jwt;
    jwt.key_id = key->first;
    for (const auto& [name, value] : claims->items()) {
        if (value.is_string()) {
            jwt.texts.emplace(name, value.get<std::string>());
        } else if (value.is_number_integer()) {
            jwt.numbers.emplace(name, value.get<std::int64_t>());
        }
    }
    return jwt;
}

}  // namespace dev
