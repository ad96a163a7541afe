// UTF-8 as the standard has it (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above
// U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace common {

struct Utf8Character {
    char32_t code = 0;
    std::size_t bytes = 0;  // 0: the text does not begin with a character
};

[[nodiscard]] Utf8Character first_character(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace common
