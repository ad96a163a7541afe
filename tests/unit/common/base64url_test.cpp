#include "common/base64url.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/prng.hpp"

TEST_CASE("base64url: the vectors of RFC 4648 without padding, and the two letters that differ") {
    struct Row {
        const char* because;
        std::string_view bytes;
        std::string_view want;
    };
    const Row rows[] = {
        {"nothing", "", ""},
        {"one byte", "f", "Zg"},
        {"two bytes", "fo", "Zm8"},
        {"three bytes", "foo", "Zm9v"},
        {"four bytes", "foob", "Zm9vYg"},
        {"minus and underscore", "\xfb\xff", "-_8"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            std::string text;
            common::append_base64url(text, row.bytes);
            CHECK(text == row.want);
        }
    }
}

TEST_CASE("base64url: only what was written is read") {
    for (const char* text : {"A", "Zg==", "Zh", "Zm9v!", "Zm9v\n", "+_8", "AAAAA"}) {
        CAPTURE(std::string{text});
        CHECK_FALSE(common::base64url_bytes(text));
    }
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        std::vector<std::uint8_t> bytes(random.below(40));
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random.below(256));
        }
        std::string text;
        common::append_base64url(text, bytes);
        CHECK(text.size() == common::base64url_chars(bytes.size()));
        const auto read = common::base64url_bytes(text);
        REQUIRE(read);
        CHECK(*read == bytes);
    }
}
