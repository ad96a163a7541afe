// time_to_revoke [SCENARIO...]   measures how long tokens live on, per scenario (revoke_scenario.cpp), prints
//                                the table and fails when a row moved by more than it may
// time_to_revoke --write         measures all of them and writes the table in the repository
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/revoke_table.hpp"

namespace {

constexpr const char* table_file = AUTOSIGNIN_SOURCE_DIR "/tests/simulation/time_to_revoke.txt";

std::vector<simulation::RevokeRow> measure(const simulation::RevokeScenario& scenario, bool& sound) {
    const auto began = std::chrono::steady_clock::now();
    const simulation::RevokeTimes times = simulation::run_lean_world(scenario);
    if (times.wrong) {
        fmt::print("{}: {}\n", scenario.name, *times.wrong);
        sound = false;
        return {};
    }
    fmt::print(
        stderr, "{}: {} events, {} requests, {} turns, {:.0f} s of virtual time in {:.1f} s\n", scenario.name,
        times.events.size(), times.requests, times.turns, common::seconds(times.virtual_time),
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    return rows_of(scenario, times);
}

simulation::RevokeTable table_in_the_repository() {
    std::ifstream file{table_file};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return simulation::read_table(text).value_or(simulation::RevokeTable{});
}

int write(const simulation::RevokeTable& table) {
    std::ofstream file{table_file};
    file << simulation::written(table);
    file.close();
    fmt::print("{} {}\n", file ? "wrote" : "cannot write", table_file);
    return file ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string_view> wanted(argv + 1, argv + argc);
    const bool anew = wanted == std::vector<std::string_view>{"--write"};
    if (anew) {
        wanted.clear();
    }
    const simulation::RevokeTable expected = table_in_the_repository();
    simulation::RevokeTable measured{.may_move = expected.may_move, .rows = {}};
    std::size_t known = 0;
    bool sound = true;
    for (const simulation::RevokeScenario& scenario : simulation::revoke_scenarios()) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), scenario.name) == wanted.end()) {
            continue;
        }
        ++known;
        for (simulation::RevokeRow& row : measure(scenario, sound)) {
            measured.rows.push_back(std::move(row));
        }
    }
    if (!wanted.empty() && known != wanted.size()) {
        fmt::print(stderr, "no such scenario; revoke_scenario.cpp names them\n");
        return 2;
    }
    fmt::print("{}", simulation::written(measured));
    if (!sound) {
        return 1;
    }
    if (anew) {
        return write(measured);
    }
    const std::vector<std::string> lines = moved(expected, measured.rows);
    for (const std::string& line : lines) {
        fmt::print("{}\n", line);
    }
    return lines.empty() ? 0 : 1;
}
