#include "worker/adapters/auth/clock_skew.hpp"

#include <fmt/format.h>

#include <chrono>

namespace auth {
namespace {

constexpr std::chrono::seconds forgiven{30};
constexpr std::chrono::seconds say_every{60};

}  // namespace

std::optional<core::Say> ClockSkew::note(common::WallTime date, common::Now now) {
    // Date has no fraction: the true time lies in the second that begins there.
    const common::Duration skew = date + std::chrono::milliseconds{500} - now.wall;
    last_ = skew;
    if (std::chrono::abs(skew) <= forgiven || (said_ && now.steady < *said_ + say_every)) {
        return std::nullopt;
    }
    said_ = now.steady;
    return core::Say{
        core::Severity::warning,
        "clock_skew",
        fmt::format(
            "this machine's clock is {:.0f} s {} Apple's, so Apple may refuse the tokens it signs; set it by "
            "NTP",
            common::seconds(std::chrono::abs(skew)), skew > common::Duration::zero() ? "behind" : "ahead of"),
        {{"skew_seconds", fmt::format("{:.0f}", common::seconds(skew))}}};
}

}  // namespace auth
