// Virtual time and everything that will happen in it. Time stands still while code runs and jumps from one
// happening to the next, so an hour of waiting costs nothing.
//
// Happenings of the same instant run in the order in which they were announced: (time, unique id).
// Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/time.hpp"
#include "worker/ports/clock.hpp"

namespace sim {

class Timeline {
public:
    using Happening = std::function<void()>;

    // Both clocks start away from zero, so that "no time" is not mistaken for a time.
    explicit Timeline(
        common::Now start = {
            common::Instant{std::chrono::hours{1}},
            common::WallTime{std::chrono::milliseconds{1'790'000'000'000}}});

    [[nodiscard]] common::Now now() const noexcept { return now_; }

    // A time that has passed means now.
    void at(common::Instant when, Happening happening);
    void after(common::Duration wait, Happening happening) { at(now_.steady + wait, std::move(happening)); }

    // When the next happening is due; common::never when there is none.
    [[nodiscard]] common::Instant next() const noexcept;
    // Moves time there and runs it. Requires that there is one.
    void run_next();
    // Requires that no happening is due before `when`.
    void advance_to(common::Instant when);

    // What an operator or NTP does to the wall clock; steady time is not touched.
    void jump_wall(std::chrono::milliseconds by) { now_.wall += by; }

private:
    common::Now now_;
    common::Duration below_a_millisecond_{};
    std::uint64_t next_id_ = 0;
    std::map<std::pair<common::Instant, std::uint64_t>, Happening> happenings_;
};

class VirtualClock final : public ports::Clock {
public:
    explicit VirtualClock(const Timeline& timeline) : timeline_{timeline} {}
    [[nodiscard]] common::Now now() override { return timeline_.now(); }

private:
    const Timeline& timeline_;
};

}  // namespace sim
