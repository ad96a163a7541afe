#include "worker/adapters/log/escape.hpp"

#include <fmt/format.h>

#include <iterator>

namespace log_lines {
namespace {

constexpr std::string_view ellipsis = "…";

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

// Decodes one character (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
Character first_of(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) {
        return {};
    }
    char32_t code = lead & (0x7FU >> bytes);
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xC0U) != 0x80) {
            return {};
        }
        code = (code << 6U) | (byte(at) & 0x3FU);
    }
    const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (overlong || surrogate || code > 0x10FFFF) {
        return {};
    }
    return {code, bytes, true};
}

bool harmful(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||  // C0, DEL, C1
           code == 0x2028 || code == 0x2029 ||               // line and paragraph separator
           code == 0x200E || code == 0x200F || code == 0x061C || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);  // direction of writing
}

void append_one(std::string& line, std::string_view text, const Character& character, Style style) {
    auto out = std::back_inserter(line);
    if (!character.valid) {
        if (style == Style::json) {
            line += "\\ufffd";
        } else {
            fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(text.front()));
        }
    } else if (character.code == U'\n') {
        line += "\\n";
    } else if (character.code == U'\t') {
        line += "\\t";
    } else if (harmful(character.code)) {
        fmt::format_to(out, "\\u{:04x}", static_cast<unsigned>(character.code));
    } else if (character.code == U'\\' || (character.code == U'"' && style == Style::json)) {
        line += '\\';
        line += text.front();
    } else {
        line += text.substr(0, character.bytes);
    }
}

}  // namespace

void append_escaped(std::string& line, std::string_view text, Style style, std::size_t budget) {
    const std::size_t end = line.size() + budget;
    std::size_t last_that_leaves_room = line.size();
    while (!text.empty()) {
        const Character character = first_of(text);
        append_one(line, text, character, style);
        if (line.size() > end) {
            line.resize(last_that_leaves_room);
            line += ellipsis;
            return;
        }
        if (line.size() + ellipsis.size() <= end) {
            last_that_leaves_room = line.size();
        }
        text.remove_prefix(character.bytes);
    }
}

}  // namespace log_lines
