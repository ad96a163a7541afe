#include "worker/core/settle/text.hpp"

#include <algorithm>
#include <cstddef>

namespace core {
namespace {

void append_digits(std::string& out, unsigned number, std::size_t width) {
    out.append(width, '0');
    for (auto at = out.rbegin(); number > 0 && width > 0; ++at, --width, number /= 10) {
        *at = static_cast<char>('0' + number % 10);
    }
}

}  // namespace

void append_rfc3339(std::string& out, common::WallTime time) {
    using namespace std::chrono;
    constexpr common::WallTime first{sys_days{year{0} / January / 1}};
    constexpr common::WallTime last =
        common::WallTime{sys_days{year{9999} / December / 31}} + days{1} - milliseconds{1};
    time = std::clamp(time, first, last);
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
    out += '.';
    append_digits(out, static_cast<unsigned>(clock.subseconds().count()), 3);
    out += 'Z';
}

}  // namespace core
