#include "worker/app/dead_letters/complaints.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "worker/adapters/reactor/system_clock.hpp"

namespace app::dead_letters {

void Complaints::write(const core::Say& line) {
    fmt::print(stderr, "autosignin-worker: {}\n", line.message);
}

common::WallTime wall_now() {
    return adapters::reactor::SystemClock{}.now().wall;
}

}  // namespace app::dead_letters
