// The driver of tests/kafka/run: real workers against a real broker, judged by the ledger of the scripted
// Apple.
//
//   kafka_lane --bootstrap HOST:PORT --worker PROGRAM --broker SCRIPT --kafka VERSION --folder FOLDER
//              [--only CHECK]... [--kills N] [--seed N]
//
// One line a check, then the summary line. Exits 0 only if all passed.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/require.hpp"

namespace {

struct Options {
    std::map<std::string, std::string> values;
    std::vector<std::string> only;
};

Options read(int count, char** arguments) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = arguments[i];
        if (name == "--only") {
            options.only.emplace_back(arguments[i + 1]);
        } else {
            options.values[name] = arguments[i + 1];
        }
    }
    for (const char* name : {"--bootstrap", "--worker", "--broker", "--kafka", "--folder"}) {
        lane::require(options.values.contains(name), fmt::format("{} is missing", name));
    }
    return options;
}

std::uint64_t number(const Options& options, const std::string& name, std::uint64_t otherwise) {
    const auto found = options.values.find(name);
    if (found == options.values.end()) {
        return otherwise;
    }
    std::uint64_t given = 0;
    const char* const end = found->second.data() + found->second.size();
    const auto read = std::from_chars(found->second.data(), end, given);
    lane::require(
        read.ec == std::errc{} && read.ptr == end && given > 0,
        fmt::format("{} wants a whole number from 1 on", name));
    return given;
}

bool wanted(const Options& options, std::string_view name) {
    return options.only.empty() ||
           std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

bool passes(const lane::Check& check, const lane::Stage& stage) {
    const auto started = std::chrono::steady_clock::now();
    bool passed = false;
    std::string said;
    try {
        said = check.run(stage);
        passed = true;
    } catch (const std::exception& failure) {
        said = failure.what();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    fmt::print("{:<14} {:<7} {:5.1f}s  {}\n", check.name, passed ? "ok" : "FAILED", took.count(), said);
    std::fflush(stdout);
    return passed;
}

int run(const Options& options) {
    const std::string& folder = options.values.at("--folder");
    auto certificates = dev::write_certificates(folder + "/certificates");
    lane::require(static_cast<bool>(certificates), certificates ? "" : certificates.error().message);
    lane::Cluster cluster{options.values.at("--bootstrap")};
    lane::Stage stage{
        .cluster = cluster,
        .worker_program = options.values.at("--worker"),
        .broker_script = options.values.at("--broker"),
        .kafka_version = options.values.at("--kafka"),
        .folder = folder,
        .certificates = *certificates};
    stage.kills = number(options, "--kills", stage.kills);
    stage.seed = number(options, "--seed", stage.seed);
    int passed = 0;
    int failed = 0;
    for (const lane::Check& check : lane::checks) {
        if (wanted(options, check.name)) {
            ++(passes(check, stage) ? passed : failed);
        }
    }
    fmt::print("{} passed, {} failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // the script that started it also owns the broker
    try {
        return run(read(count, arguments));
    } catch (const std::exception& failure) {
        fmt::print(stderr, "kafka_lane: {}\n", failure.what());
        return 2;
    }
}
