#include "worker/core/outcome/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "common/http_date.hpp"
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
    if (const auto when = common::parse_http_date(text)) {
        return until(*when, now);
    }
    return std::nullopt;
}

}  // namespace core
