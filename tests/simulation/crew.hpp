// Runs seeds on all cores, one process a core: a seed that aborts, hangs or is shot by a sanitizer takes only
// its process along, and is named.
//
// Threads: none. The calling process must have only one, since it forks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/simulation/probes.hpp"
#include "tests/simulation/world.hpp"

namespace simulation {

struct Order {
    std::uint64_t from = 1;
    std::optional<std::uint64_t> seeds{};  // none: until the first failure or SIGINT
    unsigned jobs = 0;                     // 0: one a core
};

struct Tally {
    std::uint64_t done = 0;  // failed ones included
    std::uint64_t failed = 0;
    double seconds = 0;
    Probes probes{};
    sim::InputCounts inputs{};
};

// Prints every failure as it happens, and without an end to the order what was done so far every ten seconds.
[[nodiscard]] Tally run_crew(const Order& order, const std::function<Report(std::uint64_t seed)>& run);

// What was broken, and the lines that show it again; `which` is the option that names this run.
void print_failure(const Report& report, const std::string& which);

}  // namespace simulation
