// Room for what is rewritten in place on a terminal.
#pragma once

#include <cstddef>

namespace app {

// Columns of the terminal behind `fd`, less the last: a line that wraps cannot be rewritten. 79 when it is
// none.
[[nodiscard]] std::size_t terminal_width(int fd);

// Rows of the terminal behind `fd`; 0 when it is none, or does not say.
[[nodiscard]] std::size_t terminal_rows(int fd);

}  // namespace app
