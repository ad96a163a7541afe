// Runs simulated worlds and says which promises were broken: tests/simulation/README.md.
//
// Every 16th seed runs twice: the traces must be the same. A run of many seeds also fails when a probe stayed
// cold (probes.hpp), or an input was never generated (worker/sim/plan/inputs.hpp).
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "tests/simulation/arguments.hpp"
#include "tests/simulation/crew.hpp"
#include "tests/simulation/replay.hpp"
#include "tests/simulation/world.hpp"

namespace {

constexpr std::uint64_t seeds_between_repeats = 16;
constexpr std::uint64_t seeds_that_reach_everything = 5000;

simulation::Report run(std::uint64_t seed) {
    simulation::Report report = simulation::run_seed(seed);
    if (!report.broken && seed % seeds_between_repeats == 0) {
        const simulation::Report again = simulation::run_seed(seed);
        if (again.trace_hash != report.trace_hash) {
            report.broken = sim::Broken{
                sim::Promise::repeatable,
                fmt::format("two runs gave {} and {} lines of trace", report.trace_lines, again.trace_lines)};
        }
    }
    return report;
}

std::size_t print_cold(const simulation::Probes& probes) {
    std::size_t cold = 0;
    for (std::size_t probe = 0; probe < probes.size(); ++probe) {
        if (probes[probe] == 0) {
            ++cold;
            fmt::print("never happened: {}\n", simulation::probe_names[probe]);
        }
    }
    return cold;
}

// A line a kind of input; the number of empty buckets.
std::size_t print_inputs(const sim::InputCounts& counts) {
    std::size_t empty = 0;
    for (std::size_t group = 0; group < sim::input_groups.size(); ++group) {
        const sim::InputGroup& input = sim::input_groups[group];
        fmt::print("{}:", input.name);
        for (std::size_t bucket = 0; bucket < input.size(); ++bucket) {
            const std::uint64_t count = counts[sim::input_offsets[group] + bucket];
            empty += count == 0 ? 1 : 0;
            fmt::print(
                "{} {} {}", bucket == 0 ? "" : ",", input.buckets[bucket],
                count == 0 ? "NEVER" : fmt::to_string(count));
        }
        fmt::print("\n");
    }
    return empty;
}

int run_many(const simulation::Order& order) {
    if (!order.seeds) {
        fmt::print("from seed {} on\n", order.from);
    }
    const simulation::Tally tally = simulation::run_crew(order, run);
    const bool many = tally.done >= seeds_that_reach_everything;
    const std::size_t empty = many ? print_inputs(tally.inputs) : 0;
    const std::size_t cold = many ? print_cold(tally.probes) : 0;
    fmt::print(
        "{} seeds passed, {} failed, {:.0f} seeds/s\n", tally.done - tally.failed, tally.failed,
        static_cast<double>(tally.done) / tally.seconds);
    return tally.failed == 0 && empty == 0 && cold == 0 ? 0 : 1;
}

int show(const simulation::Origin& origin, const simulation::Arguments& arguments) {
    // A world that aborts has said everything before.
    static_cast<void>(std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ));
    if (arguments.shrink) {
        return simulation::print_shrunk(origin);
    }
    const simulation::Report report = simulation::replay(
        origin, {.trace = arguments.trace, .draws = arguments.draws},
        [](std::string_view line) { fmt::print("{}\n", line); });
    if (report.broken) {
        simulation::print_failure(report, origin.option());
    }
    return report.broken ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = simulation::parse(argc, argv);
    if (!arguments) {
        fmt::print(stderr, "{}", simulation::usage);
        return 2;
    }
    if (arguments->seed || arguments->bytes) {
        return show({.seed = arguments->seed, .bytes = arguments->bytes.value_or("")}, *arguments);
    }
    if (arguments->hashes) {
        simulation::print_hashes(arguments->order);
        return 0;
    }
    if (arguments->agree_with) {
        return simulation::agree(*arguments->agree_with, arguments->order);
    }
    return run_many(arguments->order);
}
