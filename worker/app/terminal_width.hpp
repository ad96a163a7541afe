// Room for a line that is rewritten in place.
#pragma once

#include <cstddef>

namespace app {

// Columns of the terminal behind `fd`, less the last: a line that wraps cannot be rewritten. 79 when it is
// none.
[[nodiscard]] std::size_t terminal_width(int fd);

}  // namespace app
