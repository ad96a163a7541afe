// simulate --seeds N --from S     runs seeds S .. S+N-1 and names each promise that was broken
// simulate --seed X [--trace]     shows one run, with --trace a line a transition
//
// Every 16th seed runs twice: the traces must be the same. A run of many seeds also fails when a probe stayed
// cold (probes.hpp).
#include <fmt/format.h>

#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "tests/simulation/world.hpp"

namespace {

constexpr std::uint64_t seeds_between_repeats = 16;
constexpr std::uint64_t seeds_that_reach_everything = 1000;

struct Arguments {
    std::uint64_t seeds = 2000;
    std::uint64_t from = 1;
    std::optional<std::uint64_t> seed{};
    bool trace = false;
};

// For the handler: an impossible state aborts, and then the seed must be known.
std::uint64_t running = 0;

extern "C" void name_the_seed(int) {
    char text[120];
    const int size = std::snprintf(
        text, sizeof text, "seed %llu: aborted\n    ./tests/run simulation --seeds 1 --from %llu\n",
        static_cast<unsigned long long>(running), static_cast<unsigned long long>(running));
    static_cast<void>(!write(STDERR_FILENO, text, static_cast<std::size_t>(size)));
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

std::optional<Arguments> parse(int argc, char** argv) {
    Arguments arguments;
    for (int at = 1; at < argc; ++at) {
        const std::string_view name = argv[at];
        if (name == "--trace") {
            arguments.trace = true;
            continue;
        }
        if (at + 1 == argc) {
            return std::nullopt;
        }
        char* end = nullptr;
        const std::uint64_t value = std::strtoull(argv[++at], &end, 10);
        if (end == argv[at] || *end != '\0') {
            return std::nullopt;
        }
        if (name == "--seeds") {
            arguments.seeds = value;
        } else if (name == "--from") {
            arguments.from = value;
        } else if (name == "--seed") {
            arguments.seed = value;
        } else {
            return std::nullopt;
        }
    }
    return arguments;
}

simulation::Report run(std::uint64_t seed) {
    running = seed;
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

void print_failure(const simulation::Report& report) {
    fmt::print(
        "seed {}: broken promise {}: {}\n    {}\n    ./tests/run simulation --seeds 1 --from {}\n",
        report.seed, sim::promise_name(report.broken->promise), report.broken->seen, report.swarm,
        report.seed);
    std::fflush(stdout);
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

int show(std::uint64_t seed, bool trace) {
    running = seed;
    sim::Trace::Out out;
    if (trace) {
        fmt::print("{}\n", sim::trace_legend);
        out = [](std::string_view line) { fmt::print("{}\n", line); };
    }
    const simulation::Report report = simulation::run_seed(seed, out);
    fmt::print(
        "seed {}: {}\n{} turns, {} transitions, {:.1f} s of virtual time, trace {:016x}\n", seed,
        report.swarm, report.turns, report.trace_lines, common::seconds(report.virtual_time),
        report.trace_hash);
    if (report.broken) {
        print_failure(report);
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse(argc, argv);
    if (!arguments) {
        fmt::print(stderr, "simulate [--seeds N] [--from S] | --seed X [--trace]\n");
        return 2;
    }
    std::signal(SIGABRT, name_the_seed);
    if (arguments->seed) {
        return show(*arguments->seed, arguments->trace);
    }
    if (arguments->trace) {
        int failures = 0;
        for (std::uint64_t seed = arguments->from; seed < arguments->from + arguments->seeds; ++seed) {
            failures += show(seed, true);
        }
        return failures == 0 ? 0 : 1;
    }
    std::uint64_t failed = 0;
    simulation::Probes probes{};
    for (std::uint64_t seed = arguments->from; seed < arguments->from + arguments->seeds; ++seed) {
        const simulation::Report report = run(seed);
        simulation::add(probes, report.probes);
        if (report.broken) {
            ++failed;
            print_failure(report);
        }
    }
    const std::size_t cold = arguments->seeds >= seeds_that_reach_everything ? print_cold(probes) : 0;
    fmt::print("{} seeds passed, {} failed\n", arguments->seeds - failed, failed);
    return failed == 0 && cold == 0 ? 0 : 1;
}
