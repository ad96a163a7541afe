// Corners that a run reached. A corner that thousands of seeds never reach is not tested, whatever the
// summary says: simulate fails when one stays cold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "worker/core/engine/stats.hpp"
#include "worker/sim/world/probe.hpp"

namespace simulation {

// What the engine counts; what the world sees comes behind (worker/sim/world/probe.hpp).
inline constexpr std::array engine_probe_names{
    std::string_view{"a record was known as finished from the offset map"},
    std::string_view{"a record of an earlier ownership was dropped"},
    std::string_view{"an invalid record was dead-lettered"},
    std::string_view{"a rejected record was dead-lettered"},
    std::string_view{"an exhausted record was dead-lettered"},
    std::string_view{"a dead letter was stored without its value"},
    std::string_view{"a store was refused"},
    std::string_view{"a commit was refused"},
    std::string_view{"a canary was sent"},
    std::string_view{"a retry cost an attempt"},
    std::string_view{"a retry was free"},
    std::string_view{"an update was probably executed"},
    std::string_view{"a delete found nothing"},
    std::string_view{"a head that blocked its window was given up"},
    std::string_view{"a key differed from its subject"},
    std::string_view{"a rejected command was withheld"},
};
inline constexpr auto probe_names = [] {
    std::array<std::string_view, engine_probe_names.size() + sim::probe_names.size()> names{};
    std::size_t at = 0;
    for (const std::string_view name : engine_probe_names) {
        names[at++] = name;
    }
    for (const std::string_view name : sim::probe_names) {
        names[at++] = name;
    }
    return names;
}();
using Probes = std::array<std::uint64_t, probe_names.size()>;  // how often, by the order above

// What the engine of one worker reached.
[[nodiscard]] Probes probes_of(const core::Counters& counters);
void add(Probes& sum, const Probes& more);
void add(Probes& sum, const sim::ProbeCounts& world);

}  // namespace simulation
