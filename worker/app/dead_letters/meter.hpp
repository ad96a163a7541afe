// The line that shows how far a command is: rewritten in place on a terminal (standard error), absent in a
// pipe.
#pragma once

#include <cstdint>
#include <string>

#include "common/time.hpp"

namespace app::dead_letters {

struct Numbers {
    std::uint64_t done = 0;
    std::uint64_t of = 0;
    std::uint64_t executed = 0;
    std::uint64_t came_back = 0;
    bool with_outcomes = false;
};

// "[#####.....]  1204/5000  24 %  executed 1180  came back 0  410/s  9 s left", as much as fits into `width`.
[[nodiscard]] std::string meter_line(const Numbers& numbers, double seconds, std::size_t width);

class Meter {
public:
    Meter();
    void show(const Numbers& numbers, common::Instant now);
    // Takes the line away.
    void end();

private:
    bool terminal_;
    bool shown_ = false;
    common::Instant begun_{};
    common::Instant next_{};
};

}  // namespace app::dead_letters
