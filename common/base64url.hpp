// Base64url without padding (RFC 4648 section 5): offset maps and JWTs are written in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common {

// Characters that so many bytes take.
[[nodiscard]] constexpr std::size_t base64url_chars(std::size_t bytes) noexcept {
    return (bytes * 4 + 2) / 3;
}

// Appends, so that a token is built in one buffer and no copy of it is left behind.
void append_base64url(std::string& out, std::span<const std::uint8_t> bytes);
void append_base64url(std::string& out, std::string_view bytes);

// None when `text` is not exactly what append_base64url writes for some bytes.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base64url_bytes(std::string_view text);

}  // namespace common
