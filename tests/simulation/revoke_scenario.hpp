// The days on which the time to revoke is measured: when which events come, and what Apple does meanwhile.
//
// Ownership: plain data; make_events() draws the same events on every compiler.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/time.hpp"
#include "worker/core/event/event.hpp"

namespace simulation {

// So many events, anywhere between the two times (since the start).
struct Traffic {
    common::Duration from{};
    common::Duration until{};
    std::uint32_t events = 0;
};

struct RevokeScenario {
    std::string_view name;      // of its rows in the table
    std::uint32_t backlog = 0;  // events written at the start, before the worker came
    std::vector<Traffic> traffic{};
    double our_rate = 0;            // requests_per_second of the app; 0: none
    std::uint32_t apples_rate = 0;  // requests a second before Apple answers 429; 0: no end
    // Apple answers 401 between these.
    common::Duration refused_from{};
    common::Duration refused_until{};
    std::uint32_t failing_per_million = 0;       // 503
    std::uint32_t answers_lost_per_million = 0;  // executed and never answered
};

[[nodiscard]] std::span<const RevokeScenario> revoke_scenarios();

struct TimedEvent {
    common::Duration at{};  // since the start
    std::uint32_t account = 0;
    core::EventType type = core::EventType::password_changed;
    std::uint8_t commands = 1;
    bool backlog = false;
};

// In the order of their times.
[[nodiscard]] std::vector<TimedEvent> make_events(const RevokeScenario& scenario);

}  // namespace simulation
