// What `watch` shows: the list under the time of the look, within the terminal. What does not fit is counted.
#pragma once

#include <cstddef>
#include <string>

#include "common/time.hpp"
#include "worker/app/dead_letters/rendering.hpp"

namespace app::dead_letters {

struct Screen {
    std::size_t rows = 0;  // 0: no end to them
    std::size_t columns = 79;
};

[[nodiscard]] std::string watch_screen(
    const Listing& listing, const ListOptions& options, common::Duration interval, const Screen& screen,
    common::WallTime now);

}  // namespace app::dead_letters
