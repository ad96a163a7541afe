// The line that shows how far the demo is: rewritten in place on a terminal, one every two seconds in a pipe.
#pragma once

#include <cstdint>
#include <string>

#include "common/time.hpp"
#include "worker/dev/demo/status.hpp"

namespace dev {

struct Numbers {
    std::size_t events = 0;  // to be sent in all
    std::size_t sent = 0;
    std::size_t settled = 0;
    std::uint64_t executed = 0;
    std::uint64_t dead_letters = 0;
    WorkerStatus worker{};
};

// "settled/events  flying (requests in flight)  done (executed)  held and why  dead (letters)  oldest", and
// what else fits into `width`. Where room is short, the reason says no names, or is left out.
[[nodiscard]] std::string progress_line(const Numbers& numbers, std::size_t width);

class Progress {
public:
    Progress();

    // Whether show() would show something by now.
    [[nodiscard]] bool due(common::Instant now) const noexcept { return now >= next_; }
    void show(const Numbers& numbers, common::Instant now);
    // Leaves the line and goes to the next.
    void end();

private:
    bool terminal_;
    bool shown_ = false;
    common::Instant next_{};
};

}  // namespace dev
