#include "common/json_string.hpp"

#include <cstdint>
#include <cstring>

#include "common/utf8.hpp"

namespace common {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool plain(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x20 && byte < 0x80 && letter != '"' && letter != '\\';
}

// True when all of eight letters are plain(): high bits collect what is not (Mycroft's zero-byte test).
bool eight_plain(const char* letters) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t word = 0;
    std::memcpy(&word, letters, sizeof word);
    const auto below = [word](std::uint64_t byte) { return word - ones * byte; };
    const auto equal = [word](std::uint64_t byte) { return (word ^ ones * byte) - ones; };
    // Borrows can only make a plain letter look doubtful, never a doubtful one plain: plain() has the last
    // word.
    return ((word | below(0x20) | equal('"') | equal('\\')) & ones * 0x80) == 0;
}

std::size_t plain_run(std::string_view text, std::size_t from) {
    std::size_t at = from;
    while (at + 8 <= text.size() && eight_plain(text.data() + at)) {
        at += 8;
    }
    while (at < text.size() && plain(text[at])) {
        ++at;
    }
    return at - from;
}

void append_escaped(std::string& out, char letter) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
        out += '\\';
        out += letter;
    } else if (letter == '\n') {
        out += "\\n";
    } else {
        out += "\\u00";
        out += hex[byte >> 4U];
        out += hex[byte & 0xFU];
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t run = plain_run(text, at);
        out.append(text, at, run);
        at += run;
        if (at == text.size()) {
            break;
        }
        const std::size_t bytes = character_bytes(text.substr(at));
        if (bytes == 0) {
            out += replacement;
            ++at;
        } else if (bytes == 1) {
            append_escaped(out, text[at]);
            ++at;
        } else {
            out.append(text, at, bytes);
            at += bytes;
        }
    }
    out += '"';
}

std::size_t json_string_room(std::string_view text) noexcept {
    std::size_t bytes = 2;
    for (const char letter : text) {
        const bool ascii = static_cast<unsigned char>(letter) < 0x80;
        bytes += plain(letter) ? 1 : ascii ? 6 : replacement.size();
    }
    return bytes;
}

}  // namespace common
