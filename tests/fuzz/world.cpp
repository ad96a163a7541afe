// A whole simulated world by its bytes: coverage leads to states of the engine that seeds seldom reach. What
// it finds is shown by ./tests/run simulation --bytes @FILE --trace, and shrunk by --shrink.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/simulation/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const simulation::Report report = simulation::run_bytes(std::string{bytes, bytes + size});
    if (report.broken) {
        fmt::print(
            stderr, "broken promise {}: {}\n{}\n", sim::promise_name(report.broken->promise),
            report.broken->seen, report.swarm);
        std::abort();
    }
    return 0;
}
