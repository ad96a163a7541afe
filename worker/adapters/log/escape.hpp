// Makes outside text harmless in a log: it can neither end a line, nor colour or rewrite a terminal, nor
// break the JSON, whatever its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace log_lines {

enum class Style : std::uint8_t {
    json,   // inside the quotes of a JSON string; a byte that is no UTF-8 becomes U+FFFD
    plain,  // for people; a byte that is no UTF-8 becomes \xNN
};

// Appends `text` with control characters (C0, DEL, C1), line separators and characters that turn the
// direction of writing escaped; everything else stays. Appends at most `budget` bytes: what does not fit is
// cut between characters and marked by an ellipsis.
void append_escaped(std::string& line, std::string_view text, Style style, std::size_t budget);

}  // namespace log_lines
