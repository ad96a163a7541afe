#include "worker/app/dead_letters/meter.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "worker/app/dead_letters/texts.hpp"
#include "worker/app/terminal_width.hpp"

namespace app::dead_letters {
namespace {

using namespace std::chrono_literals;

}  // namespace

std::string meter_line(const Numbers& numbers, double seconds, std::size_t width) {
    constexpr std::size_t longest_bar = 20;
    constexpr std::size_t shortest_bar = 8;
    const double share =
        numbers.of == 0 ? 1.0
                        : std::min(1.0, static_cast<double>(numbers.done) / static_cast<double>(numbers.of));
    const double rate = seconds > 0 ? static_cast<double>(numbers.done) / seconds : 0;
    std::string line = fmt::format("{}/{}  {:.0f} %", numbers.done, numbers.of, share * 100);
    if (numbers.with_outcomes) {
        line += fmt::format("  executed {}  came back {}", numbers.executed, numbers.came_back);
    }
    if (rate > 0 && numbers.done < numbers.of) {
        const double left = std::min(1e9, static_cast<double>(numbers.of - numbers.done) / rate);
        line += fmt::format(
            "  {:.{}f}/s  {} left", rate, rate < 10 ? 1 : 0,
            age_text(std::chrono::duration_cast<common::Duration>(std::chrono::duration<double>{left})));
    }
    constexpr std::size_t brackets = 4;  // with the two spaces behind them
    if (line.size() + brackets + shortest_bar <= width) {
        const std::size_t bar = std::min(longest_bar, width - line.size() - brackets);
        const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar));
        line = fmt::format("[{}{}]  {}", std::string(filled, '#'), std::string(bar - filled, '.'), line);
    }
    return line.substr(0, width);
}

Meter::Meter() : terminal_{isatty(STDERR_FILENO) == 1} {}

void Meter::show(const Numbers& numbers, common::Instant now) {
    if (begun_ == common::Instant{}) {
        begun_ = now;
    }
    if (!terminal_ || now < next_) {
        return;
    }
    next_ = now + 200ms;
    fmt::print(
        stderr, "\r{}\033[K",
        meter_line(numbers, common::seconds(now - begun_), terminal_width(STDERR_FILENO)));
    std::fflush(stderr);
    shown_ = true;
}

void Meter::end() {
    if (shown_) {
        fmt::print(stderr, "\r\033[K");
        shown_ = false;
    }
}

}  // namespace app::dead_letters
