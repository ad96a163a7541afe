#include "common/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace common {

namespace {

// How many bytes at the start of `text` are surely ASCII, in eights.
std::size_t ascii_run(std::string_view text) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & high_bits) != 0) {
            break;
        }
    }
    return at;
}

}  // namespace

Utf8Character first_character(std::string_view text) noexcept {
    const std::size_t bytes = character_bytes(text);
    if (bytes < 2) {
        return {bytes == 0 ? U'\0' : static_cast<char32_t>(text.front()), bytes};
    }
    char32_t code = static_cast<unsigned char>(text.front()) & (0x7FU >> bytes);
    for (const char next : text.substr(1, bytes - 1)) {
        code = code << 6U | (static_cast<unsigned char>(next) & 0x3FU);
    }
    return {code, bytes};
}

bool is_utf8(std::string_view text) noexcept {
    constexpr int worth_a_try = 8;  // so many ASCII characters in a row
    int ascii = worth_a_try;
    while (!text.empty()) {
        if (ascii == worth_a_try) {
            ascii = 0;
            text.remove_prefix(ascii_run(text));
            continue;
        }
        const std::size_t bytes = character_bytes(text);
        if (bytes == 0) {
            return false;
        }
        ascii = bytes == 1 ? ascii + 1 : 0;
        text.remove_prefix(bytes);
    }
    return true;
}

}  // namespace common
