// small_worlds [SHAPE [FAULTS [PATH]]]
//
// Walks all small worlds (small_worlds.hpp), those of one shape, or shows one of them.
#include <fmt/format.h>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/simulation/small_worlds.hpp"

namespace {

constexpr unsigned faults_usual = 1;

// For the handler: an impossible state aborts, and then the world must be known.
std::string running;

extern "C" void name_the_world(int) {
    static_cast<void>(!write(STDERR_FILENO, running.data(), running.size()));
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

std::string rerun(std::size_t shape, unsigned faults, const simulation::Path& path) {
    return fmt::format(
        "    build/release/tests/simulation/small_worlds {} {} {}\n", shape, faults,
        path.empty() ? "0" : simulation::path_text(path));
}

bool walk(std::size_t index, unsigned faults) {
    const simulation::Shape& shape = simulation::small_shapes()[index];
    const simulation::Walk walk = simulation::walk(shape, faults, [&](const simulation::Path& path) {
        running = "aborted\n" + rerun(index, faults, path);
    });
    fmt::print("{}: {} worlds, {} traces\n", shape.name, walk.worlds, walk.traces);
    if (walk.broken) {
        fmt::print(
            "broken promise {}: {}\n{}", sim::promise_name(walk.broken->promise), walk.broken->seen,
            rerun(index, faults, walk.path));
    }
    std::fflush(stdout);
    return !walk.broken;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, name_the_world);
    const std::size_t shapes = simulation::small_shapes().size();
    const std::size_t shape = argc > 1 ? std::stoul(argv[1]) : 0;
    const unsigned faults = argc > 2 ? static_cast<unsigned>(std::stoul(argv[2])) : faults_usual;
    if (shape >= shapes) {
        fmt::print(stderr, "small_worlds [SHAPE [FAULTS [PATH]]], SHAPE below {}\n", shapes);
        return 2;
    }
    if (argc > 3) {
        fmt::print("{}\n", sim::trace_legend);
        const simulation::Report report = simulation::run_small(
            simulation::small_shapes()[shape], faults, simulation::path_of(argv[3]),
            [](std::string_view line) { fmt::print("{}\n", line); });
        return report.broken ? 1 : 0;
    }
    bool good = true;
    for (std::size_t index = argc > 1 ? shape : 0; index < (argc > 1 ? shape + 1 : shapes); ++index) {
        good = walk(index, faults) && good;
    }
    return good ? 0 : 1;
}
