// base64url without padding (RFC 4648 section 5, RFC 7515 section 2): what JWTs are made of.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace auth {

// Appends, so that a token is built in one buffer and no copy of it is left behind.
void append_base64url(std::string& text, std::span<const std::uint8_t> bytes);
void append_base64url(std::string& text, std::string_view bytes);

}  // namespace auth
