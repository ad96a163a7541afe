// What the events of a plan demand of people's devices: the bridge from plan.hpp to end_state.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "worker/sim/people/end_state.hpp"
#include "worker/sim/plan/plan.hpp"

namespace sim {

// Whether a command has yet to be executed: its record is a dead letter.
using Owed = std::function<bool(std::size_t record, std::size_t command)>;

// One demand an account, in their order. What is owed is not demanded yet, and an account that something is
// owed of is not closed yet. `start`: the time that the plan's own times count from.
[[nodiscard]] std::vector<Demand> demands_of(const Plan& plan, const Owed& owed, common::Instant start);

}  // namespace sim
