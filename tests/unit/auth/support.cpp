#include "support.hpp"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>  // mkdtemp

#include <algorithm>
#include <fstream>

namespace testing {
namespace {

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string text{bytes, static_cast<std::size_t>(size)};
    BIO_free(bio);
    return text;
}

void append_integer(Bytes& der, Bytes number) {
    while (number.size() > 1 && number.front() == 0) {
        number.erase(number.begin());
    }
    if ((number.front() & 0x80U) != 0) {
        number.insert(number.begin(), 0);
    }
    der.push_back(0x02);
    der.push_back(static_cast<std::uint8_t>(number.size()));
    der.insert(der.end(), number.begin(), number.end());
}

}  // namespace

Key ec_key(const char* curve) {
    return Key{EVP_EC_gen(curve)};
}

Key rsa_key() {
    return Key{EVP_RSA_gen(2048)};
}

Key rfc7515_key() {
    const Bytes x = from_base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    const Bytes y = from_base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    const Bytes d = from_base64url("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    Bytes point{0x04};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());

    BIGNUM* number = BN_bin2bn(d.data(), static_cast<int>(d.size()), nullptr);
    OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
    REQUIRE(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
    REQUIRE(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1);
    REQUIRE(
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
    OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
    REQUIRE(EVP_PKEY_fromdata_init(context) == 1);
    EVP_PKEY* key = nullptr;
    REQUIRE(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) == 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(number);
    return Key{key};
}

std::string private_pem(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio);
}

std::string mixed_pem(EVP_PKEY* secret, EVP_PKEY* shown) {
    const auto der_of_pem = [](const std::string& pem) {
        BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* bytes = nullptr;
        long size = 0;
        REQUIRE(PEM_read_bio(bio, &name, &header, &bytes, &size) == 1);
        const Bytes der{bytes, bytes + size};
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(bytes);
        BIO_free(bio);
        return der;
    };
    constexpr int point = 65;  // uncompressed, at the end
    Bytes der = der_of_pem(private_pem(secret));
    const Bytes other = der_of_pem(private_pem(shown));
    std::copy(other.end() - point, other.end(), der.end() - point);
    BIO* bio = BIO_new(BIO_s_mem());
    REQUIRE(PEM_write_bio(bio, "PRIVATE KEY", "", der.data(), static_cast<long>(der.size())) > 0);
    return text_of(bio);
}

std::string encrypted_pem(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    std::string passphrase = "passphrase";
    REQUIRE(
        PEM_write_bio_PKCS8PrivateKey(
            bio, key, EVP_aes_128_cbc(), passphrase.data(), static_cast<int>(passphrase.size()), nullptr,
            nullptr) == 1);
    return text_of(bio);
}

std::string public_pem(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    REQUIRE(PEM_write_bio_PUBKEY(bio, key) == 1);
    return text_of(bio);
}

Bytes from_base64url(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    Bytes bytes;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char letter : text) {
        const std::size_t digit = alphabet.find(letter);
        REQUIRE(digit != std::string_view::npos);
        bits = (bits << 6U) | static_cast<unsigned>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<std::uint8_t>((bits >> held) & 0xFFU));
        }
    }
    return bytes;
}

Bytes der_of(const Bytes& jose) {
    REQUIRE(jose.size() == 64);
    Bytes numbers;
    append_integer(numbers, {jose.begin(), jose.begin() + 32});
    append_integer(numbers, {jose.begin() + 32, jose.end()});
    Bytes der{0x30, static_cast<std::uint8_t>(numbers.size())};
    der.insert(der.end(), numbers.begin(), numbers.end());
    return der;
}

bool verifies(EVP_PKEY* key, std::string_view jwt) {
    const Jwt parts = take_apart(jwt);
    const Bytes der = der_of(parts.signature);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    REQUIRE(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1);
    const int verdict = EVP_DigestVerify(
        context, der.data(), der.size(), reinterpret_cast<const unsigned char*>(parts.signing_input.data()),
        parts.signing_input.size());
    EVP_MD_CTX_free(context);
    return verdict == 1;
}

Jwt take_apart(std::string_view jwt) {
    const std::size_t first = jwt.find('.');
    const std::size_t second = jwt.find('.', first + 1);
    REQUIRE(second != std::string_view::npos);
    const Bytes header = from_base64url(jwt.substr(0, first));
    const Bytes claims = from_base64url(jwt.substr(first + 1, second - first - 1));
    return {
        std::string{jwt.substr(0, second)},
        {header.begin(), header.end()},
        {claims.begin(), claims.end()},
        from_base64url(jwt.substr(second + 1))};
}

TempDir::TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "autosignin-auth-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::path(std::string_view name) const {
    return (path_ / name).string();
}

std::string TempDir::write(std::string_view name, std::string_view content) const {
    const std::string file = path(name);
    const std::string fresh = file + ".new";
    {
        std::ofstream out{fresh, std::ios::binary};
        out << content;
    }
    std::filesystem::permissions(fresh, std::filesystem::perms::owner_read);
    std::filesystem::rename(fresh, file);
    return file;
}

}  // namespace testing
