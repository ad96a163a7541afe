#include "worker/core/outcome/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include "worker/core/planted.hpp"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest = std::chrono::seconds{1};
constexpr milliseconds longest = std::chrono::hours{1};
// Above this a number is a point in time: as a wait it would be three thousand years, as a time it is 1973.
constexpr std::int64_t unix_ms_above = 100'000'000'000;
// Far beyond every calendar in use, and small enough that no sum below overflows.
constexpr std::int64_t number_max = 10'000'000'000'000'000;

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// All of `text` as a number; digits alone, so no sign, space or exponent.
std::optional<std::int64_t> digits(std::string_view text) noexcept {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{}) {
        return std::nullopt;
    }
    return std::min(number, number_max);
}

template <std::size_t Count>
std::optional<unsigned> place(
    const std::array<std::string_view, Count>& names, std::string_view name) noexcept {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<unsigned>(found - names.begin());
}

constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". Written out, because strptime depends on the locale.
std::optional<common::WallTime> http_date(std::string_view text) noexcept {
    constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != shape.size() || text.substr(25) != " GMT") {
        return std::nullopt;
    }
    for (const std::size_t at : {3U, 4U, 7U, 11U, 16U, 19U, 22U}) {
        if (text[at] != shape[at]) {
            return std::nullopt;
        }
    }
    const auto weekday = place(days, text.substr(0, 3));
    const auto month = place(months, text.substr(8, 3));
    const auto day = digits(text.substr(5, 2));
    const auto year = digits(text.substr(12, 4));
    const auto hour = digits(text.substr(17, 2));
    const auto minute = digits(text.substr(20, 2));
    const auto second = digits(text.substr(23, 2));
    if (!weekday || !month || !day || !year || !hour || !minute || !second) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month + 1},
        std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {  // 60: a leap second
        return std::nullopt;
    }
    return common::WallTime{
        std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
        std::chrono::seconds{*second}};
}

std::optional<common::Duration> until(common::WallTime when, common::WallTime now) noexcept {
    if (when <= now) {
        return std::nullopt;
    }
    return std::clamp(milliseconds{when - now}, shortest, longest);
}

}  // namespace

std::optional<common::Duration> retry_after(std::string_view text, common::WallTime now) noexcept {
    text = trimmed(text);
    if (const auto number = digits(text)) {
        if (*number > unix_ms_above && !planted(Bug::milliseconds_read_as_seconds)) {
            return until(common::WallTime{milliseconds{*number}}, now);
        }
        return std::clamp(
            planted(Bug::seconds_read_as_milliseconds) ? milliseconds{*number}
                                                       : milliseconds{std::chrono::seconds{*number}},
            shortest, longest);
    }
    if (const auto when = http_date(text)) {
        return until(*when, now);
    }
    return std::nullopt;
}

}  // namespace core
