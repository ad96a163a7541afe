#include "worker/adapters/auth/es256.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "support.hpp"
#include "worker/adapters/auth/claims.hpp"

using auth::JoseSignature;
using auth::SigningKey;
using testing::Bytes;

namespace {

SigningKey loaded(EVP_PKEY* key) {
    return *SigningKey::from_pem(common::Secret{testing::private_pem(key)}, "test.p8");
}

Bytes integer(Bytes digits) {
    digits.insert(digits.begin(), {0x02, static_cast<std::uint8_t>(digits.size())});
    return digits;
}

Bytes sequence(const Bytes& r, const Bytes& s) {
    Bytes der{0x30, static_cast<std::uint8_t>(r.size() + s.size())};
    der.insert(der.end(), r.begin(), r.end());
    der.insert(der.end(), s.begin(), s.end());
    return der;
}

Bytes repeated(std::size_t size, std::uint8_t byte) {
    return Bytes(size, byte);
}

Bytes led_by(std::uint8_t first, Bytes rest) {
    rest.insert(rest.begin(), first);
    return rest;
}

Bytes padded(const Bytes& number) {
    Bytes half(32 - number.size(), 0);
    half.insert(half.end(), number.begin(), number.end());
    return half;
}

}  // namespace

TEST_CASE("jose_signature: numbers become 32 bytes each, whatever their length in DER") {
    struct Row {
        const char* because;
        Bytes r;
        Bytes s;
        Bytes want_r;
        Bytes want_s;
    };
    const Row rows[] = {
        {"full length", repeated(32, 0x11), repeated(32, 0x22), repeated(32, 0x11), repeated(32, 0x22)},
        {"top bit set: DER adds a zero", led_by(0, repeated(32, 0xAA)), led_by(0, repeated(32, 0xFF)),
         repeated(32, 0xAA), repeated(32, 0xFF)},
        {"short r is padded on the left", repeated(31, 0x11), repeated(32, 0x22), padded(repeated(31, 0x11)),
         repeated(32, 0x22)},
        {"short s is padded on the left", repeated(32, 0x11), repeated(30, 0x22), repeated(32, 0x11),
         padded(repeated(30, 0x22))},
        {"short with top bit set", led_by(0, repeated(31, 0x80)), repeated(32, 0x01),
         padded(repeated(31, 0x80)), repeated(32, 0x01)},
        {"one byte each", {0x01}, {0x7F}, padded({0x01}), padded({0x7F})},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto jose = auth::jose_signature(sequence(integer(row.r), integer(row.s)));
            REQUIRE(jose);
            CHECK(Bytes(jose->begin(), jose->begin() + 32) == row.want_r);
            CHECK(Bytes(jose->begin() + 32, jose->end()) == row.want_s);
        }
    }
}

TEST_CASE("jose_signature: what is no signature on P-256 is refused") {
    struct Row {
        const char* because;
        Bytes der;
    };
    Bytes trailing = sequence(integer({0x01}), integer({0x02}));
    trailing.push_back(0);
    const Row rows[] = {
        {"nothing", {}},
        {"not a sequence", {0x02, 0x01, 0x01}},
        {"one number only", {0x30, 0x03, 0x02, 0x01, 0x01}},
        {"a number of 33 bytes", sequence(integer(repeated(33, 0x11)), integer({0x01}))},
        {"a negative number", sequence(integer({0x80}), integer({0x01}))},
        {"bytes after the end", trailing},
        {"cut off", {0x30, 0x44, 0x02, 0x20, 0x11}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK_FALSE(auth::jose_signature(row.der));
        }
    }
}

TEST_CASE("the verifier of these tests agrees with RFC 7515 appendix A.3") {
    const std::string vector =
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const testing::Key key = testing::rfc7515_key();
    CHECK(testing::verifies(key.get(), vector));

    SUBCASE("its signature survives DER and back") {
        const Bytes jose = testing::take_apart(vector).signature;
        const auto back = auth::jose_signature(testing::der_of(jose));
        REQUIRE(back);
        CHECK(Bytes(back->begin(), back->end()) == jose);
    }
    SUBCASE("one changed letter of the claims is noticed") {
        std::string changed = vector;
        changed[30] = changed[30] == 'A' ? 'B' : 'A';
        CHECK_FALSE(testing::verifies(key.get(), changed));
    }
    SUBCASE("we sign the same input so that the RFC's key verifies it") {
        const common::Secret token = loaded(key.get()).sign(
            R"({"alg":"ES256"})",
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
        CHECK(token.expose().substr(0, vector.rfind('.')) == vector.substr(0, vector.rfind('.')));
        CHECK(testing::verifies(key.get(), token.expose()));
    }
}

TEST_CASE("a signed token verifies with its key and with no other") {
    const testing::Key key = testing::ec_key();
    const testing::Key other = testing::ec_key();
    const SigningKey signer = loaded(key.get());
    // Many, because one signature in 128 has a short or a padded number somewhere.
    for (int round = 0; round < 600; ++round) {
        const common::Secret token = signer.sign(auth::bearer_header("K"), R"({"round":1})");
        REQUIRE(testing::verifies(key.get(), token.expose()));
    }
    CHECK_FALSE(testing::verifies(other.get(), signer.sign("{}", "{}").expose()));
}

TEST_CASE("the openssl command verifies our signature") {
    const testing::TempDir dir;
    const testing::Key key = testing::ec_key();
    const common::Secret token = loaded(key.get()).sign(auth::bearer_header("K"), R"({"iss":"i"})");
    const testing::Jwt parts = testing::take_apart(token.expose());
    const Bytes der = testing::der_of(parts.signature);
    const std::string command =
        "openssl dgst -sha256 -verify '" + dir.write("public.pem", testing::public_pem(key.get())) +
        "' -signature '" +
        dir.write("signature.der", {reinterpret_cast<const char*>(der.data()), der.size()}) + "' '" +
        dir.write("input", parts.signing_input) + "' > '" + dir.path("out") + "' 2>&1";
    CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("claims of the bearer token are those Apple's page lists") {
    const auth::BearerClaims claims{
        "57246542-96fe-1a63-e053-0824d011072a", "com.example.tv",
        common::WallTime{std::chrono::milliseconds{1'800'000'000'999}}, std::chrono::minutes{20}};
    CHECK(auth::bearer_header("2X9R4HXF34") == R"({"alg":"ES256","kid":"2X9R4HXF34","typ":"JWT"})");
    CHECK(
        auth::bearer_claims(claims) ==
        R"({"iss":"57246542-96fe-1a63-e053-0824d011072a","iat":1800000000,"exp":1800001200,)"
        R"("aud":"appstoreconnect-v1","bid":"com.example.tv"})");
}

TEST_CASE("SigningKey: what is wrong with a key file is said with its place and without its content") {
    const std::string good = testing::private_pem(testing::ec_key().get());
    struct Row {
        const char* because;
        std::string pem;
        std::string says;
    };
    const Row rows[] = {
        {"empty", "", "empty"},
        {"blank", " \n\n", "empty"},
        {"not PEM", "c2VjcmV0LWNvbnRlbnQ=", "not a PEM file"},
        {"DER", "\x30\x81\x87secret-content", "DER"},
        {"encrypted", testing::encrypted_pem(testing::ec_key().get()), "encrypted"},
        {"RSA", testing::private_pem(testing::rsa_key().get()), "type RSA"},
        {"Ed25519", testing::private_pem(testing::Key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}.get()),
         "type ED25519"},
        {"another curve", testing::private_pem(testing::ec_key("P-384").get()), "secp384r1"},
        {"a public key", testing::public_pem(testing::ec_key().get()), "no private key"},
        {"cut off", good.substr(0, good.size() / 2) + "\n-----END PRIVATE KEY-----\n", "damaged or cut off"},
        {"no end line", good.substr(0, good.size() / 2), "damaged or cut off"},
        // Such a key was loaded and signed, and Apple refused every token without a word about the file.
        {"two halves of different keys", testing::mixed_pem(testing::ec_key().get(), testing::ec_key().get()),
         "do not belong together"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto key = SigningKey::from_pem(common::Secret{row.pem}, "/keys/a.p8");
            REQUIRE_FALSE(key);
            CHECK(key.error().message.starts_with("/keys/a.p8: "));
            CHECK(key.error().message.find(row.says) != std::string::npos);
            CHECK(key.error().message.find(';') != std::string::npos);  // a remedy follows
            CHECK(key.error().message.find("secret") == std::string::npos);
        }
    }
    CHECK(SigningKey::from_pem(common::Secret{good}, "/keys/a.p8"));
}
