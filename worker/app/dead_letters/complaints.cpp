#include "worker/app/dead_letters/complaints.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

namespace app::dead_letters {

void Complaints::write(const core::Say& line) {
    fmt::print(stderr, "autosignin-worker: {}\n", line.message);
}

common::WallTime wall_now() {
    return std::chrono::time_point_cast<common::WallTime::duration>(std::chrono::system_clock::now());
}

}  // namespace app::dead_letters
