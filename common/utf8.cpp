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
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto follows = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(at) >= low && byte(at) <= high;
    };
    const auto six = [&](std::size_t at) { return static_cast<char32_t>(byte(at) & 0x3FU); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return {first, text.empty() ? 0U : 1U};
    }
    if (first >= 0xC2 && first <= 0xDF && follows(1)) {
        return {(first & 0x1FU) << 6U | six(1), 2};
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        if (follows(1, low, high) && follows(2)) {
            return {(first & 0x0FU) << 12U | six(1) << 6U | six(2), 3};
        }
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        if (follows(1, low, high) && follows(2) && follows(3)) {
            return {(first & 0x07U) << 18U | six(1) << 12U | six(2) << 6U | six(3), 4};
        }
    }
    return {};
}

bool is_utf8(std::string_view text) noexcept {
    text.remove_prefix(ascii_run(text));
    while (!text.empty()) {
        const std::size_t bytes = first_character(text).bytes;
        if (bytes == 0) {
            return false;
        }
        text.remove_prefix(bytes);
        if (bytes > 1) {
            text.remove_prefix(ascii_run(text));
        }
    }
    return true;
}

}  // namespace common
