#include "worker/adapters/log/render.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "worker/adapters/log/escape.hpp"

using log_lines::Format;
using log_lines::Style;

namespace {

const common::WallTime noon{std::chrono::milliseconds{1'800'000'000'007}};

std::string escaped(std::string_view text, Style style, std::size_t budget = 1000) {
    std::string line;
    log_lines::append_escaped(line, text, style, budget);
    return line;
}

bool harmless(std::string_view line) {
    for (const char letter : line) {
        if (static_cast<unsigned char>(letter) < 0x20 || letter == '\x7f') {
            return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("escaping: no outside text can end a line, colour a terminal or break the JSON") {
    struct Row {
        const char* because;
        std::string_view text;
        std::string_view json;
        std::string_view plain;
    };
    const Row rows[] = {
        {"plain words stay", "topic a-b_c.9", "topic a-b_c.9", "topic a-b_c.9"},
        {"letters of all scripts stay", "Zürich 東京 🙂", "Zürich 東京 🙂", "Zürich 東京 🙂"},
        {"newline", "a\nb\r\nc", "a\\nb\\u000d\\nc", "a\\nb\\u000d\\nc"},
        {"tab", "a\tb", "a\\tb", "a\\tb"},
        {"quote", "say \"x\"", "say \\\"x\\\"", "say \"x\""},
        {"backslash", "a\\n", "a\\\\n", "a\\\\n"},
        {"ANSI colour", "\x1b[31mred", "\\u001b[31mred", "\\u001b[31mred"},
        {"NUL", std::string_view{"a\0b", 3}, "a\\u0000b", "a\\u0000b"},
        {"DEL", "a\x7f", "a\\u007f", "a\\u007f"},
        {"C1: CSI in one character",
         "\xc2\x9b"
         "2J",
         "\\u009b2J", "\\u009b2J"},
        {"line separator",
         "a\xe2\x80\xa8"
         "b",
         "a\\u2028b", "a\\u2028b"},
        {"right-to-left override",
         "\xe2\x80\xae"
         "cba",
         "\\u202ecba", "\\u202ecba"},
        {"a lone byte",
         "a\xff"
         "b",
         "a\\ufffdb", "a\\xffb"},
        {"overlong slash", "\xc0\xaf", "\\ufffd\\ufffd", "\\xc0\\xaf"},
        {"surrogate", "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd", "\\xed\\xa0\\x80"},
        {"above U+10FFFF", "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd", "\\xf4\\x90\\x80\\x80"},
        {"cut off at the end", "a\xe2\x80", "a\\ufffd\\ufffd", "a\\xe2\\x80"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(escaped(row.text, Style::json) == row.json);
            CHECK(escaped(row.text, Style::plain) == row.plain);
        }
    }
}

TEST_CASE("escaping keeps to its budget and cuts between characters") {
    CHECK(escaped("abcdef", Style::json, 6) == "abcdef");
    CHECK(escaped("abcdefg", Style::json, 6) == "abc…");
    CHECK(escaped("aüüü", Style::plain, 6) == "aü…");
    CHECK(escaped("\n\n\n\n", Style::json, 7) == "\\n\\n…");
}

TEST_CASE("a JSON line is one object with time, level, event, message and fields") {
    const core::Say line{
        core::Severity::warning,
        "gate_closed",
        "Apple refused \"tv\"\nwait",
        {{"app", "tv"}, {"reason", "401"}}};
    CHECK(
        log_lines::render(line, noon, Format::json, false) ==
        R"({"time":"2027-01-15T08:00:00.007Z","level":"warning","event":"gate_closed",)"
        R"("message":"Apple refused \"tv\"\nwait","fields":{"app":"tv","reason":"401"}})"
        "\n");
    CHECK(
        log_lines::render({core::Severity::debug, "x", "y"}, noon, Format::json, true) ==
        R"({"time":"2027-01-15T08:00:00.007Z","level":"debug","event":"x","message":"y","fields":{}})"
        "\n");
}

TEST_CASE("a text line reads from left to right, with colours only when asked for") {
    const core::Say line{core::Severity::info, "started", "reading a\x1b[0m", {{"topic", "events\n"}}};
    CHECK(
        log_lines::render(line, noon, Format::text, false) ==
        "2027-01-15T08:00:00.007Z info    started: reading a\\u001b[0m [topic=events\\n]\n");
    const std::string coloured = log_lines::render(line, noon, Format::text, true);
    CHECK(coloured.find("\x1b[32minfo   \x1b[0m started") != std::string::npos);
    CHECK(coloured.find("a\x1b") == std::string::npos);
}

TEST_CASE("a line of any bytes is one line, bounded, and parses") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto bytes = [&](std::size_t most) {
        std::string text(random() % (most + 1), '\0');
        for (char& letter : text) {
            letter = static_cast<char>(random() % 256);
        }
        return text;
    };
    for (int round = 0; round < 300; ++round) {
        core::Say line{core::Severity::error, "event", bytes(6000), {}};
        const std::size_t fields = random() % 12;
        for (std::size_t at = 0; at < fields; ++at) {
            line.fields.emplace_back("field", bytes(900));
        }
        for (const Format format : {Format::json, Format::text}) {
            std::string text = log_lines::render(line, noon, format, false);
            REQUIRE(text.size() <= log_lines::line_bytes_max);
            REQUIRE(text.back() == '\n');
            text.pop_back();
            REQUIRE(harmless(text));
            if (format == Format::json) {
                REQUIRE(nlohmann::json::accept(text));
            }
        }
    }
}
