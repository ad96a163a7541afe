#include "common/base64url.hpp"

#include <array>

namespace common {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 0xFF;

constexpr auto digits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    for (std::size_t at = 0; at < alphabet.size(); ++at) {
        table[static_cast<unsigned char>(alphabet[at])] = static_cast<std::uint8_t>(at);
    }
    return table;
}();

}  // namespace

void append_base64url(std::string& out, std::span<const std::uint8_t> bytes) {
    out.reserve(out.size() + base64url_chars(bytes.size()));
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        pending = (pending << 8U | byte) & 0xFFFFU;
        for (bits += 8; bits >= 6; bits -= 6) {
            out += alphabet[pending >> (bits - 6) & 0x3FU];
        }
    }
    if (bits > 0) {
        out += alphabet[pending << (6 - bits) & 0x3FU];
    }
}

void append_base64url(std::string& out, std::string_view bytes) {
    append_base64url(out, std::span{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::optional<std::vector<std::uint8_t>> base64url_bytes(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char letter : text) {
        const std::uint8_t digit = digits[static_cast<unsigned char>(letter)];
        if (digit == no_digit) {
            return std::nullopt;
        }
        pending = (pending << 6U | digit) & 0xFFFFU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(pending >> bits & 0xFFU));
        }
    }
    // Left over: nothing, or fewer bits than a character holds, all zero.
    if (bits >= 6 || (pending & ((1U << bits) - 1)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace common
