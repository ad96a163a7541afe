// Bodies of type application/x-www-form-urlencoded, as OAuth wants them (RFC 6749 appendix B).
#pragma once

#include <string>
#include <string_view>

namespace common {

// Appends `name=value`, with an ampersand before it unless `out` is empty. Whatever is not a letter, a digit
// or one of - . _ * is percent-encoded, so that any bytes survive. Reserve `out` beforehand where the value
// is a secret: a string that grows leaves pieces in freed memory.
void append_form_field(std::string& out, std::string_view name, std::string_view value);

// At least as many bytes as append_form_field() appends.
[[nodiscard]] constexpr std::size_t form_field_room(std::string_view name, std::string_view value) noexcept {
    return 2 + 3 * (name.size() + value.size());
}

}  // namespace common
