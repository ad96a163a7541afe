#include "worker/adapters/auth/fingerprint.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>

#include "support.hpp"
#include "worker/adapters/auth/clock_skew.hpp"

using auth::Fingerprinter;
using namespace std::chrono_literals;

TEST_CASE("a fingerprint is HMAC-SHA256, cut to 16 bytes (RFC 4231 test cases 1 and 2)") {
    CHECK(
        Fingerprinter::with_key(common::Secret{std::string(20, '\x0b')})("Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b");
    CHECK(
        Fingerprinter::with_key(common::Secret{"Jefe"})("what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c7");
}

TEST_CASE("a fingerprint depends on the text and on the key, and on nothing before it") {
    const std::function<std::string(std::string_view)> one = Fingerprinter::with_random_key();
    const std::function<std::string(std::string_view)> other = Fingerprinter::with_random_key();
    const std::string token = one("token");
    CHECK(token.size() == 32);
    CHECK(one("Token") != token);
    CHECK(one("") != token);
    CHECK(one("token") == token);
    CHECK(other("token") != token);
}

TEST_CASE("a fingerprint key comes from a file") {
    const testing::TempDir dir;
    const std::string key = "0123456789abcdef0123456789abcdef";
    const auto plain = Fingerprinter::from_file(dir.write("plain", key));
    const auto ended = Fingerprinter::from_file(dir.write("ended", key + "\r\n"));
    REQUIRE(plain);
    REQUIRE(ended);
    CHECK((*plain)("token") == (*ended)("token"));

    const auto tiny = Fingerprinter::from_file(dir.write("tiny", "0123456789abcde\n"));
    REQUIRE_FALSE(tiny);
    CHECK(tiny.error().message.starts_with(dir.path("tiny") + ": 15 bytes"));
    const auto missing = Fingerprinter::from_file(dir.path("missing"));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.starts_with(dir.path("missing")));
}

TEST_CASE("clock skew is measured to the second and said once a minute when a token would suffer") {
    auth::ClockSkew skew;
    CHECK_FALSE(skew.last());
    const common::Now now = testing::at(0s);
    CHECK_FALSE(skew.note(now.wall, now));
    CHECK(*skew.last() == 500ms);
    CHECK_FALSE(skew.note(now.wall + 29s, now));
    CHECK(skew.note(now.wall + 90s, now));
    CHECK(*skew.last() == 90500ms);
    CHECK_FALSE(skew.note(now.wall - 90s, testing::at(1s)));
    CHECK(skew.note(now.wall - 90s, testing::at(60s)));
    CHECK(skew.last()->count() < 0);
}
