#include "worker/core/identity/key_set.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using core::KeySet;
using testing::jwk;
using testing::part;

TEST_CASE("a key is found by its kid, of whatever length, among several") {
    const KeySet set = testing::keys();
    REQUIRE(set.find("86D88Kf") != nullptr);
    CHECK(set.find("86D88Kf")->modulus == testing::modulus());
    CHECK(set.find("86D88Kf")->exponent == std::string{"\x01\x00\x01", 3});
    CHECK(set.find("K1") == set.keys().data());
    CHECK(set.find("K2") == nullptr);
    CHECK(set.find("") == nullptr);
    CHECK(core::key_bits(*set.find("K1")) == 2048);
}

TEST_CASE("a key set is taken when one of its keys can be used, and the others are ignored") {
    struct Row {
        const char* because;
        std::string json;
        std::size_t keys;  // 0: refused
    };
    const auto set = [](const std::string& keys) { return R"({"keys":[)" + keys + "]}"; };
    const auto numbers = [&](std::string_view n, std::string_view e) {
        return set(R"({"kty":"RSA","kid":"a","n":")" + part(n) + R"(","e":")" + part(e) + R"("})");
    };
    const std::string good = testing::modulus();
    const std::string three{"\x03"};
    const Row rows[] = {
        {"one key", set(jwk("a")), 1},
        {"three keys", set(jwk("a") + "," + jwk("b") + "," + jwk("c")), 3},
        {"unknown members anywhere", R"({"x":1,"keys":[)" + jwk("a", R"(,"x5c":["y"])") + "]}", 1},
        {"use and alg may be absent", numbers(good, three), 1},
        {"an elliptic key beside it",
         set(R"({"kty":"EC","crv":"P-256","x":"","y":"","kid":"e"},)" + jwk("a")), 1},
        {"a key for encryption beside it",
         set(R"({"kty":"RSA","kid":"b","use":"enc","n":"AQAB","e":"AQAB"},)" + jwk("a")), 1},
        {"a key for another algorithm beside it",
         set(R"({"kty":"RSA","kid":"b","alg":"RS512","n":"AQAB","e":"AQAB"},)" + jwk("a")), 1},
        {"a key that nothing can name beside it", set(R"({"kty":"RSA","n":"AQAB","e":"AQAB"},)" + jwk("a")),
         1},
        {"a zero in front of the modulus, as DER has it", numbers(std::string(1, '\0') + good, three), 1},
        {"8192 bits", numbers(std::string(1024, '\xFF'), three), 1},
        {"nothing", "", 0},
        {"no JSON", "<html>", 0},
        {"an array", "[]", 0},
        {"no keys", "{}", 0},
        {"keys is an object", R"({"keys":{}})", 0},
        {"an empty list verifies nothing", set(""), 0},
        {"only keys of another kind", set(R"({"kty":"EC","kid":"e"})"), 0},
        {"a key that is no object beside it", set("1," + jwk("a")), 1},
        {"a kid twice: the first counts", set(jwk("a") + "," + jwk("a")), 1},
        {"a weak key beside it",
         set(R"({"kty":"RSA","kid":"b","n":")" + part(good.substr(128)) + R"(","e":"AQAB"},)" + jwk("a")), 1},
        {"a damaged key beside it", set(R"({"kty":"RSA","kid":"","n":"=","e":"AQAB"},)" + jwk("a")), 1},
        {"a name twice in a key", set(jwk("a", R"(,"kid":"b")")), 0},
        {"no kty", set(R"({"kid":"a"})"), 0},
        {"kid is a number", set(R"({"kty":"RSA","kid":7,"n":"AQAB","e":"AQAB"})"), 0},
        {"no modulus", set(R"({"kty":"RSA","kid":"a","e":"AQAB"})"), 0},
        {"padding in the modulus", set(R"({"kty":"RSA","kid":"a","n":"AQ==","e":"AQAB"})"), 0},
        {"2047 bits", numbers('\x7F' + good.substr(1), three), 0},
        {"1024 bits", numbers(good.substr(128), three), 0},
        {"more than 8192 bits", numbers(std::string(1025, '\xFF'), three), 0},
        {"an even modulus", numbers(good.substr(1) + '\xFE', three), 0},
        {"a modulus of zeros", numbers(std::string(256, '\0'), three), 0},
        {"exponent 0", numbers(good, std::string(1, '\0')), 0},
        {"exponent 1 signs nothing", numbers(good, "\x01"), 0},
        {"an even exponent", numbers(good, "\x04"), 0},
        {"an exponent of five bytes", numbers(good, "\x01\x01\x01\x01\x01"), 0},
        {"larger than the bound", set(jwk("a") + "," + std::string(KeySet::bytes_max, ' ') + jwk("b")), 0},
        {"something behind it", set(jwk("a")) + "x", 0},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto parsed = KeySet::parse(row.json);
            CHECK((parsed ? parsed->keys().size() : 0) == row.keys);
        }
    }
}

TEST_CASE("more keys than the bound are refused, and an error never tells a key's content") {
    std::string many = jwk("k0");
    for (std::size_t at = 1; at <= KeySet::keys_max; ++at) {
        many += ",{\"kty\":\"EC\"}";
    }
    CHECK_FALSE(KeySet::parse(R"({"keys":[)" + many + "]}"));

    const auto bad = KeySet::parse(R"({"keys":[{"kty":"RSA","kid":"hush","n":"hush=","e":"AQAB"}]})");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().message.find("hush") == std::string::npos);
}
