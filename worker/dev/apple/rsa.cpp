#include "worker/dev/apple/rsa.hpp"

#include <array>
#include <map>
#include <memory>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "worker/dev/apple/openssl.hpp"

namespace dev {
namespace {

constexpr unsigned rsa_bits = 2048;
using KeyPairs = std::map<std::string, PkeyPtr, std::less<>>;
using BignumPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

std::string number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    INVARIANT(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "an RSA key has its numbers");
    const BignumPtr number{raw};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    std::string text;
    common::append_base64url(text, bytes);
    return text;
}

sim::PublicRsaKey make_key(KeyPairs& pairs, const std::string& kid) {
    PkeyPtr key{EVP_RSA_gen(rsa_bits)};
    INVARIANT(key != nullptr, "OpenSSL makes keys");
    sim::PublicRsaKey half{
        number_of(key.get(), OSSL_PKEY_PARAM_RSA_N), number_of(key.get(), OSSL_PKEY_PARAM_RSA_E)};
    pairs.insert_or_assign(kid, std::move(key));
    return half;
}

std::string signature_of(const KeyPairs& pairs, const std::string& kid, std::string_view input) {
    const MdCtxPtr context{EVP_MD_CTX_new()};
    std::string signature(rsa_bits / 8, '\0');
    std::size_t size = signature.size();
    const bool done =
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pairs.find(kid)->second.get()) ==
            1 &&
        EVP_DigestSign(
            context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
            reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
    INVARIANT(done && size == signature.size(), "a key that was made here signs");
    return signature;
}

std::string half_hash(std::string_view text) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string half;
    common::append_base64url(half, std::span<const std::uint8_t>{digest}.first(digest.size() / 2));
    return half;
}

}  // namespace

sim::IdentityCrypto openssl_identity_crypto() {
    auto pairs = std::make_shared<KeyPairs>();
    return {
        [pairs](const std::string& kid) { return make_key(*pairs, kid); },
        [pairs](const std::string& kid, std::string_view input) { return signature_of(*pairs, kid, input); },
        half_hash};
}

}  // namespace dev
