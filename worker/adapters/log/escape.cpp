#include "worker/adapters/log/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/utf8.hpp"

namespace log_lines {
namespace {

constexpr std::string_view ellipsis = "…";

bool harmful(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||  // C0, DEL, C1
           code == 0x2028 || code == 0x2029 ||               // line and paragraph separator
           code == 0x200E || code == 0x200F || code == 0x061C || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);  // direction of writing
}

void append_one(
    std::string& line, std::string_view text, const common::Utf8Character& character, Style style) {
    auto out = std::back_inserter(line);
    if (character.bytes == 0) {
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
        const common::Utf8Character character = common::first_character(text);
        append_one(line, text, character, style);
        if (line.size() > end) {
            line.resize(last_that_leaves_room);
            line += ellipsis;
            return;
        }
        if (line.size() + ellipsis.size() <= end) {
            last_that_leaves_room = line.size();
        }
        text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
    }
}

}  // namespace log_lines
