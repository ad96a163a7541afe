#include "worker/app/terminal_width.hpp"

#include <sys/ioctl.h>

namespace app {

std::size_t terminal_width(int fd) {
    winsize window{};
    return ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col - 1U : 79;
}

std::size_t terminal_rows(int fd) {
    winsize window{};
    return ioctl(fd, TIOCGWINSZ, &window) == 0 ? window.ws_row : 0;
}

}  // namespace app
