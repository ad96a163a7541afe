#include "worker/adapters/auth/es256.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>
#include <utility>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "worker/adapters/auth/openssl.hpp"

namespace auth {
namespace {

using Bio = Owned<BIO, BIO_free_all>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Signature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

common::Error problem(std::string_view place, std::string_view what, std::string_view remedy) {
    return {fmt::format("{}: {}; {}", place, what, remedy)};
}

// Without this, OpenSSL would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The secret number is in its range and the public half is its own. Without this a damaged file is loaded,
// signs, and Apple refuses every token.
bool is_whole(EVP_PKEY* key) {
    const KeyContext context{EVP_PKEY_CTX_new(key, nullptr)};
    const bool whole = context && EVP_PKEY_check(context.get()) == 1;
    ERR_clear_error();
    return whole;
}

// What can be told from the outside of a file that OpenSSL need not even look at.
std::optional<common::Error> refused_by_its_label(
    std::string_view pem, std::string_view place, std::string_view which_key) {
    if (pem.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return problem(place, "the key file is empty", "mount or copy the .p8 file again");
    }
    if (!contains(pem, "-----BEGIN ")) {
        return problem(
            place, "not a PEM file: there is no \"-----BEGIN PRIVATE KEY-----\" line",
            pem.front() == '\x30'
                ? "it looks like DER; convert it: openssl pkcs8 -inform DER -nocrypt -in FILE"
                : which_key);
    }
    if (contains(pem, "ENCRYPTED")) {
        return problem(
            place, "the key is encrypted, and the worker has no passphrase to ask for",
            "decrypt it (openssl pkcs8 -in FILE -out NEW) and protect the file by its mode instead");
    }
    if (!contains(pem, "PRIVATE KEY-----")) {
        return problem(place, "a PEM file, but no private key: a certificate or a public key", which_key);
    }
    return std::nullopt;
}

}  // namespace

std::optional<JoseSignature> jose_signature(std::span<const std::uint8_t> der) {
    const unsigned char* at = der.data();
    const Signature signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    ERR_clear_error();
    if (!signature || at != der.data() + der.size()) {
        return std::nullopt;
    }
    const BIGNUM* r = ECDSA_SIG_get0_r(signature.get());
    const BIGNUM* s = ECDSA_SIG_get0_s(signature.get());
    JoseSignature jose{};
    constexpr int half = 32;
    if (BN_is_negative(r) != 0 || BN_is_negative(s) != 0 || BN_bn2binpad(r, jose.data(), half) != half ||
        BN_bn2binpad(s, jose.data() + half, half) != half) {
        ERR_clear_error();
        return std::nullopt;
    }
    return jose;
}

common::Result<SigningKey> SigningKey::from_pem(
    const common::Secret& pem, std::string_view place, std::string_view which_key) {
    const std::string_view text = pem.expose();
    if (auto refused = refused_by_its_label(text, place, which_key)) {
        return *std::move(refused);
    }
    const Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    std::shared_ptr<EVP_PKEY> key{
        PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), Free<EVP_PKEY_free>{}};
    // The queue of errors belongs to the thread and would be blamed on the next TLS call.
    ERR_clear_error();
    if (!key) {
        return problem(
            place, "the private key in it is damaged or cut off", "copy the .p8 file again, whole");
    }
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC) {
        const char* name = EVP_PKEY_get0_type_name(key.get());
        return problem(
            place,
            fmt::format("holds a key of type {}, but ES256 needs an EC key", name == nullptr ? "?" : name),
            which_key);
    }
    std::array<char, 64> curve{};
    if (EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), nullptr) != 1 ||
        std::string_view{curve.data()} != "prime256v1") {
        ERR_clear_error();
        return problem(
            place,
            fmt::format("the key is on the curve {}, but ES256 needs P-256 (prime256v1)", curve.data()),
            which_key);
    }
    if (!is_whole(key.get())) {
        return problem(
            place, "the private key in it is damaged: its numbers do not belong together",
            "copy the .p8 file again, whole");
    }
    return SigningKey{std::move(key)};
}

common::Secret SigningKey::sign(std::string_view header, std::string_view claims) const {
    std::string token;
    token.reserve((header.size() + claims.size() + sizeof(JoseSignature)) * 4 / 3 + 8);
    common::append_base64url(token, header);
    token.push_back('.');
    common::append_base64url(token, claims);

    std::array<std::uint8_t, 80> der{};  // at most 72 bytes on P-256
    std::size_t der_bytes = der.size();
    const DigestContext context{EVP_MD_CTX_new()};
    INVARIANT(
        context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
            EVP_DigestSign(
                context.get(), der.data(), &der_bytes, reinterpret_cast<const unsigned char*>(token.data()),
                token.size()) == 1,
        "a P-256 key that was loaded can sign");
    const auto signature = jose_signature(std::span{der}.first(der_bytes));
    INVARIANT(signature, "OpenSSL writes its signatures in DER");

    token.push_back('.');
    common::append_base64url(token, *signature);
    return common::Secret{std::move(token)};
}

}  // namespace auth
