#include "worker/dev/demo/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "worker/app/terminal_width.hpp"

namespace dev {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t width_in_a_pipe = 100;

std::string joined(const std::vector<Trouble>& troubles, bool with_who) {
    std::string text;
    for (const Trouble& trouble : troubles) {
        const std::string one = (with_who && !trouble.who.empty() ? trouble.who + " " : "") + trouble.why;
        if (text.find(one) == std::string::npos) {  // several breakers, or apps without their names
            text += (text.empty() ? "" : ", ") + one;
        }
    }
    return text;
}

// The parts that are always shown, when there is room, with this much of the reason.
std::string essence(const Numbers& numbers, const std::string& why) {
    return fmt::format(
        "{}/{}  flying {}  done {}  held {}{}{}  dead {}  oldest {:.1f} s", numbers.settled, numbers.events,
        numbers.worker.in_flight, numbers.executed, numbers.worker.held, why.empty() ? "" : " ", why,
        numbers.dead_letters, numbers.worker.oldest_unexecuted_seconds.value_or(0));
}

}  // namespace

std::string progress_line(const Numbers& numbers, std::size_t width) {
    const std::vector<Trouble>& troubles = numbers.worker.troubles;
    std::string line;
    for (const std::string& why : {joined(troubles, true), joined(troubles, false), std::string{}}) {
        line = essence(numbers, why);
        if (line.size() <= width) {
            break;
        }
    }
    for (const std::string& extra :
         {fmt::format("  retrying {}", numbers.worker.retrying), fmt::format("  sent {}", numbers.sent)}) {
        if (line.size() + extra.size() <= width) {
            line += extra;
        }
    }
    return line.substr(0, width);
}

Progress::Progress() : terminal_{isatty(STDOUT_FILENO) == 1} {}

void Progress::show(const Numbers& numbers, common::Instant now) {
    next_ = now + (terminal_ ? 200ms : 2000ms);
    const std::string line =
        progress_line(numbers, terminal_ ? app::terminal_width(STDOUT_FILENO) : width_in_a_pipe);
    fmt::print("{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n");
    std::fflush(stdout);
    shown_ = true;
}

void Progress::end() {
    if (terminal_ && shown_) {
        fmt::print("\n");
        shown_ = false;
    }
}

}  // namespace dev
