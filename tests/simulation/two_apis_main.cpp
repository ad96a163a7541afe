// two_apis [SEEDS [FROM]]    runs seeds of two_apis.hpp, prints what was reached and fails with the seed that
//                            shows a broken promise, or when something rare was never reached
#include <fmt/format.h>

#include <string>

#include "tests/simulation/two_apis.hpp"

int main(int argc, char** argv) {
    const std::uint64_t seeds = argc > 1 ? std::stoull(argv[1]) : 1000;
    const std::uint64_t from = argc > 2 ? std::stoull(argv[2]) : 1;
    two_apis::Report sum;
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        const two_apis::Report report = two_apis::run_seed(seed);
        if (report.broken) {
            fmt::print(
                "seed {}: broken promise: {}: {}\n", seed, two_apis::promise_name(report.broken->promise),
                report.broken->seen);
            return 1;
        }
        sum.requests += report.requests;
        for (std::size_t at = 0; at < two_apis::probes_count; ++at) {
            sum.probes.at(at) += report.probes.at(at);
        }
    }
    bool all = true;
    for (std::size_t at = 0; at < two_apis::probes_count; ++at) {
        fmt::print(
            "{:<34} {:>8}\n", two_apis::probe_name(static_cast<two_apis::Probe>(at)), sum.probes.at(at));
        all = all && sum.probes.at(at) > 0;
    }
    fmt::print("{} seeds, {} requests, every promise kept\n", seeds, sum.requests);
    if (!all && seeds >= 100) {
        fmt::print("something rare never happened, so these seeds prove little\n");
        return 1;
    }
    return 0;
}
