// Two kinds of time that must never be mixed up.
//
// Instant  moves forward at a steady pace and means nothing outside this process: deadlines, waits.
// WallTime is UNIX time (UTC) as people, Kafka and Apple write it; it may jump in both directions.
//
// Nothing here reads a clock: the present is passed in as a Now.
#pragma once

#include <algorithm>
#include <chrono>

namespace common {

using Duration = std::chrono::nanoseconds;

// A tag in the shape of a standard clock, without now(): only the clock adapter knows the time.
struct SteadyTime {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<SteadyTime, Duration>;
    static constexpr bool is_steady = true;
};

using Instant = SteadyTime::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct Now {
    Instant steady{};
    WallTime wall{};
};

inline constexpr Instant never = Instant::max();

// As Prometheus and receipts want it.
inline double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// From `since` to `until` in seconds, for any two times that can be written: no detour over nanoseconds,
// which end after 292 years.
inline double seconds_between(WallTime since, WallTime until) {
    return std::chrono::duration<double>(until - since).count();
}

// The same as a Duration, never below zero; what is longer than 200 years is 200 years.
inline Duration age(WallTime since, WallTime until) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365 * 200};
    return std::clamp(until - since, std::chrono::milliseconds{0}, longest);
}

}  // namespace common
