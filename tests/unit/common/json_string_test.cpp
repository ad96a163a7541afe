#include "common/json_string.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/prng.hpp"

namespace {

std::string quoted(std::string_view text) {
    std::string out;
    common::append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("append_json_string: what must be escaped is, the rest stays") {
    struct Row {
        const char* because;
        std::string text;
        std::string want;
    };
    const Row rows[] = {
        {"nothing", "", "\"\""},
        {"plain", "a/b'c\x7f", "\"a/b'c\x7f\""},
        {"quote and backslash", "a\"b\\c", R"("a\"b\\c")"},
        {"a line end", "a\nb", R"("a\nb")"},
        {"control characters", std::string{"\x00\x1f\t", 3}, R"("\u0000\u001f\u0009")"},
        {"beyond ASCII", "\xC3\xAB\xF0\x9D\x84\x9E", "\"\xC3\xAB\xF0\x9D\x84\x9E\""},
        {"a byte that is no UTF-8", "a\xFFz", "\"a\xEF\xBF\xBDz\""},
        {"a cut character is two bytes of none", "\xE6\x97", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(quoted(row.text) == row.want);
        }
    }
}

// Eight letters are looked at together: one letter at a time must say the same, wherever it lies.
TEST_CASE("append_json_string: a character is written alike at every place of a word") {
    for (int letter = 0; letter < 0x80; ++letter) {
        CAPTURE(letter);
        const std::string one(1, static_cast<char>(letter));
        const std::string alone = quoted(one).substr(1, quoted(one).size() - 2);
        for (std::size_t before = 0; before < 17; ++before) {
            const std::string a(before, 'a');
            CHECK(quoted(a + one + "zzzzzzzzz") == "\"" + a + alone + "zzzzzzzzz\"");
        }
    }
}

TEST_CASE("json_string_room: never too little") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        std::string text(random.below(40), 'a');
        for (char& letter : text) {
            letter = random.chance(0.5) ? letter : static_cast<char>(random.below(256));
        }
        CHECK(quoted(text).size() <= common::json_string_room(text));
    }
    CHECK(common::json_string_room("plain") == 7);
}
