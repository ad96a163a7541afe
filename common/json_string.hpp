// Strings as JSON wants them (RFC 8259), written by hand where a library's detour would cost or leave copies.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace common {

// Appends `text` as a JSON string, quotes included: only what must be escaped is escaped. Takes any bytes:
// what is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// At least as many bytes as append_json_string() appends, so that a string reserved beforehand does not grow
// and leave pieces of a secret in freed memory.
[[nodiscard]] std::size_t json_string_room(std::string_view text) noexcept;

}  // namespace common
