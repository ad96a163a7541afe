// Corners that a run reached. A corner that thousands of seeds never reach is not tested, whatever the
// summary says: simulate fails when one stays cold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "worker/core/engine/stats.hpp"

namespace simulation {

inline constexpr std::array probe_names{
    "a record was known as finished from the offset map",
    "a record of an earlier ownership was dropped",
    "an invalid record was dead-lettered",
    "a rejected record was dead-lettered",
    "an exhausted record was dead-lettered",
    "a dead letter was stored without its value",
    "a store was refused",
    "a commit was refused",
    "a canary was sent",
    "a retry cost an attempt",
    "a retry was free",
    "an update was probably executed",
    "a delete found nothing",
    "a head that blocked its window was given up",
    "a key differed from its subject",
};
using Probes = std::array<std::uint64_t, probe_names.size()>;  // how often, by the order above

// What the engine of one worker reached.
[[nodiscard]] Probes probes_of(const core::Counters& counters);
void add(Probes& sum, const Probes& more);

}  // namespace simulation
