#include "worker/app/terminal_width.hpp"

#include <sys/ioctl.h>

namespace app {

std::size_t terminal_width(int fd) {
    winsize window{};
    return ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col - 1U : 79;
}

}  // namespace app
