#include "worker/adapters/auth/base64url.hpp"

#include <cstddef>

namespace auth {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

void append_base64url(std::string& text, std::span<const std::uint8_t> bytes) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::uint8_t byte : bytes) {
        bits = (bits << 8U) | byte;
        held += 8;
        while (held >= 6) {
            held -= 6;
            text.push_back(alphabet[(bits >> held) & 63U]);
        }
    }
    if (held > 0) {
        text.push_back(alphabet[(bits << (6 - held)) & 63U]);
    }
}

void append_base64url(std::string& text, std::string_view bytes) {
    append_base64url(text, std::span{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace auth
