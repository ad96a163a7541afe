// A virtual world for a million events: the shipped loop and engine of one worker, a Kafka and an Apple that
// do nothing but what a scenario says, and no referee. What takes seconds here takes hours in the world of
// world.hpp, which checks every promise after every turn.
//
// It checks what is cheap: every command executed, commands of one account never before those of an older
// event, everything committed.
//
// Ownership: one world a scenario. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/revoke_scenario.hpp"

namespace simulation {

struct RevokeTimes {
    std::vector<TimedEvent> events;
    // By event: from its time to when Apple executed the last of its commands. Its own clock: the worker
    // hears of it later.
    std::vector<common::Duration> until_revoked;
    common::Duration virtual_time{};
    std::uint64_t requests = 0;
    std::uint64_t turns = 0;
    std::optional<std::string> wrong{};  // the first thing that must not be
};

[[nodiscard]] RevokeTimes run_lean_world(const RevokeScenario& scenario);

}  // namespace simulation
