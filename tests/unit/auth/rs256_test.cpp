#include "worker/adapters/auth/rs256.hpp"

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <vector>

#include "common/base64url.hpp"
#include "support.hpp"
#include "worker/core/identity/identity_token.hpp"

namespace {

std::string number(EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(value);
    return bytes;
}

core::RsaKey published(EVP_PKEY* key, std::string kid = "K1") {
    return {std::move(kid), number(key, OSSL_PKEY_PARAM_RSA_N), number(key, OSSL_PKEY_PARAM_RSA_E)};
}

std::string signature_of(
    EVP_PKEY* key, std::string_view text, const EVP_MD* digest = EVP_sha256(),
    int padding = RSA_PKCS1_PADDING) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* options = nullptr;
    REQUIRE(EVP_DigestSignInit(context, &options, digest, nullptr, key) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1);
    std::size_t size = 1024;
    std::string bytes(size, '\0');
    REQUIRE(
        EVP_DigestSign(
            context, reinterpret_cast<unsigned char*>(bytes.data()), &size,
            reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    EVP_MD_CTX_free(context);
    bytes.resize(size);
    return bytes;
}

constexpr std::string_view text = "eyJhbGciOiJSUzI1NiJ9.e30";

}  // namespace

TEST_CASE("a signature is taken from the key that made it, of any usual size") {
    for (const unsigned bits : {2048U, 3072U, 4096U}) {
        CAPTURE(bits);
        const testing::Key key{EVP_RSA_gen(bits)};
        CHECK(core::key_bits(published(key.get())) == bits);
        CHECK(auth::rs256_verifies(published(key.get()), text, signature_of(key.get(), text)));
    }
}

TEST_CASE("whatever is not this key's RS256 signature of this text is refused, and leaves no error behind") {
    const testing::Key key = testing::rsa_key();
    const testing::Key other = testing::rsa_key();
    const std::string good = signature_of(key.get(), text);
    std::string flipped = good;
    flipped[100] = static_cast<char>(flipped[100] ^ 1);
    struct Row {
        const char* because;
        core::RsaKey key;
        std::string signature;
        std::string signed_text{text};
    };
    const core::RsaKey shown = published(key.get());
    const Row rows[] = {
        {"another text", shown, good, "eyJhbGciOiJSUzI1NiJ9.e31"},
        {"no text", shown, good, ""},
        {"another key", published(other.get()), good},
        {"a flipped bit", shown, flipped},
        {"no signature", shown, ""},
        {"cut off", shown, good.substr(1)},
        {"one byte more", shown, good + '\0'},
        {"a zero in front", shown, '\0' + good},
        {"all zero", shown, std::string(256, '\0')},
        {"larger than the modulus", shown, std::string(256, '\xFF')},
        {"absurdly long", shown, std::string(16'000, 'x')},
        {"SHA-512", shown, signature_of(key.get(), text, EVP_sha512())},
        {"SHA-1", shown, signature_of(key.get(), text, EVP_sha1())},
        {"PSS padding (PS256)", shown, signature_of(key.get(), text, EVP_sha256(), RSA_PKCS1_PSS_PADDING)},
        {"a key of nothing", {"K1", "", ""}, good},
        {"a key of one bit", {"K1", "\x01", "\x03"}, good},
        {"exponent 1, with which everything would verify", {"K1", shown.modulus, "\x01"}, good},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK_FALSE(auth::rs256_verifies(row.key, row.signed_text, row.signature));
            CHECK(ERR_peek_error() == 0);
        }
    }
    CHECK(auth::rs256_verifies(shown, text, good));
}

TEST_CASE("a rotated key set verifies with the key that the token names, not with the first") {
    const testing::Key old_key = testing::rsa_key();
    const testing::Key new_key = testing::rsa_key();
    const auto jwk = [](const core::RsaKey& key) {
        std::string n;
        std::string e;
        common::append_base64url(n, key.modulus);
        common::append_base64url(e, key.exponent);
        return R"({"kty":"RSA","kid":")" + key.kid + R"(","n":")" + n + R"(","e":")" + e + R"("})";
    };
    const auto token = [](EVP_PKEY* key, std::string_view kid) {
        std::string jws;
        common::append_base64url(jws, R"({"alg":"RS256","kid":")" + std::string{kid} + R"("})");
        jws += '.';
        common::append_base64url(
            jws,
            R"({"iss":"https://appleid.apple.com","aud":"a","iat":1800000000,"exp":1800000600,"sub":"s"})");
        const std::string signature = signature_of(key, jws);
        jws += '.';
        common::append_base64url(jws, signature);
        return std::get<core::UnverifiedToken>(core::read_signed_token(jws));
    };
    const auto keys = core::KeySet::parse(
        R"({"keys":[)" + jwk(published(old_key.get(), "old")) + "," + jwk(published(new_key.get(), "new")) +
        "]}");
    REQUIRE(keys);
    const core::IdentityTokenRules rules{
        std::string{core::apple_issuer}, {"a"}, testing::at({}).wall, std::nullopt};
    const auto verified = [&](const core::UnverifiedToken& each) {
        return core::verify_identity_token(each, *keys, auth::rs256_verifies, rules).result;
    };
    CHECK(std::holds_alternative<core::IdentityToken>(verified(token(old_key.get(), "old"))));
    CHECK(std::holds_alternative<core::IdentityToken>(verified(token(new_key.get(), "new"))));
    CHECK(std::holds_alternative<core::IdentityProblem>(verified(token(new_key.get(), "old"))));
    CHECK(std::holds_alternative<core::UnknownKey>(verified(token(new_key.get(), "next"))));
}
