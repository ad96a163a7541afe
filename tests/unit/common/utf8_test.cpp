#include "common/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/prng.hpp"

TEST_CASE("is_utf8: the well-formed sequences of the standard and no others") {
    struct Row {
        const char* because;
        std::string text;
        bool want;
    };
    const Row rows[] = {
        {"nothing", "", true},
        {"ASCII", "abc", true},
        {"NUL", std::string(1, '\0'), true},
        {"two, three and four bytes", "\xC3\xAB\xE6\x97\xA5\xF0\x9D\x84\x9E", true},
        {"the last code point", "\xF4\x8F\xBF\xBF", true},
        {"one past it", "\xF4\x90\x80\x80", false},
        {"a surrogate", "\xED\xA0\x80", false},
        {"overlong, two bytes", "\xC0\x80", false},
        {"overlong, three bytes", "\xE0\x9F\xBF", false},
        {"overlong, four bytes", "\xF0\x8F\xBF\xBF", false},
        {"a lone continuation", "\x80", false},
        {"cut off", "a\xE6\x97", false},
        {"Latin-1", "Zo\xEB!", false},
        {"a byte of no sequence", "\xFF", false},
        {"after eights of ASCII",
         "0123456789abcdef\xC3\xAB"
         "0123456789abcdef",
         true},
        {"Latin-1 after eights of ASCII", "0123456789abcdef01234567\xEB", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(common::is_utf8(row.text) == row.want);
        }
    }
}

// What a code point looks like, straight from RFC 3629 section 3.
static std::string written(char32_t code) {
    std::string text;
    const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xC0 | code >> 6U);
        add(0x80 | (code & 0x3FU));
    } else if (code < 0x10000) {
        add(0xE0 | code >> 12U);
        add(0x80 | (code >> 6U & 0x3FU));
        add(0x80 | (code & 0x3FU));
    } else {
        add(0xF0 | code >> 18U);
        add(0x80 | (code >> 12U & 0x3FU));
        add(0x80 | (code >> 6U & 0x3FU));
        add(0x80 | (code & 0x3FU));
    }
    return text;
}

TEST_CASE("first_character: every code point is read back, surrogates are refused") {
    std::size_t wrong = 0;
    for (char32_t code = 0; code <= 0x110000; ++code) {
        const bool exists = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        const std::string text = written(code) + "x";
        const common::Utf8Character read = common::first_character(text);
        wrong += read.bytes != (exists ? text.size() - 1 : 0) || (exists && read.code != code) ? 1 : 0;
    }
    CHECK(wrong == 0);
    CHECK(common::first_character("").bytes == 0);
}

TEST_CASE("is_utf8: the fast way over ASCII sees what the slow one sees") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        std::string text;
        while (random.chance(0.9)) {
            text += random.chance(0.7) ? std::string(random.below(20), 'a')
                                       : written(static_cast<char32_t>(random.below(0xD800)));
        }
        if (!text.empty() && random.chance(0.5)) {
            text[random.below(text.size())] = static_cast<char>(random.below(256));
        }
        bool want = true;
        for (std::string_view rest{text}; want && !rest.empty();) {
            const std::size_t bytes = common::first_character(rest).bytes;
            want = bytes > 0;
            rest.remove_prefix(bytes);
        }
        CHECK(common::is_utf8(text) == want);
    }
}
