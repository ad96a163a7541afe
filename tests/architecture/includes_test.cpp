// Dependencies point one way, and a library is known to its adapter alone.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/architecture/tree.hpp"

namespace {

// The folder that decides what a file may include: an adapter each, a stage of core each, a part of the
// simulated world each.
std::string room(const std::string& path) {
    for (const char* deep : {"worker/core/", "worker/adapters/", "worker/sim/"}) {
        const std::string prefix{deep};
        if (path.starts_with(prefix)) {
            return path.substr(0, path.find('/', prefix.size()));
        }
    }
    if (path.starts_with("worker/dev/demo") || path == "worker/dev/main.cpp") {
        return "worker/dev/demo";
    }
    if (path.starts_with("worker/")) {
        return path.substr(0, path.find('/', 7));
    }
    return path.substr(0, path.find('/'));
}

// The parts of the simulated world; each may know those before it.
const std::vector<std::string>& sim_from_below() {
    static const std::vector<std::string> parts{
        "worker/sim/world", "worker/sim/apple", "worker/sim/identity", "worker/sim/people",
        "worker/sim/plan",  "worker/sim/kafka", "worker/sim/ports",    "worker/sim/referee"};
    return parts;
}

// What a room may include besides itself and common.
std::set<std::string> allowed(const std::string& from) {
    const std::string core = "worker/core/";
    static const std::map<std::string, std::set<std::string>> rules{
        {"common", {}},
        {core + "event", {}},
        {core + "command", {core + "event"}},
        {core + "identity", {core + "event"}},
        {core + "outcome", {core + "event", core + "command", core + "identity"}},
        {core + "schedule", {core + "event", core + "outcome"}},
        {core + "settle", {core + "event", core + "command"}},
        // The engine's words for storing; the engine knows nothing of letters.
        {core + "letters",
         {core + "event", core + "command", core + "identity", core + "settle", core + "engine"}},
        {core + "engine",
         {core + "event", core + "command", core + "identity", core + "outcome", core + "schedule",
          core + "settle"}},
    };
    if (const auto rule = rules.find(from); rule != rules.end()) {
        return rule->second;
    }
    std::set<std::string> below{core + "event",    core + "command", core + "identity", core + "outcome",
                                core + "schedule", core + "settle",  core + "engine"};
    if (from == "worker/ports") {
        return below;
    }
    below.insert("worker/ports");
    if (from == "worker/adapters/metrics") {
        below.insert(core + "letters");  // the reasons of what is owed
    }
    if (from.starts_with("worker/adapters/")) {
        return below;
    }
    if (from.starts_with("worker/sim/")) {
        for (const std::string& lower : sim_from_below()) {
            if (lower == from) {
                break;
            }
            below.insert(lower);
        }
        return below;
    }
    if (from == "worker/dev") {
        below.insert(sim_from_below().begin(), sim_from_below().end());
        return below;
    }
    for (const char* adapter : {"kafka", "http2", "http1", "auth", "metrics", "admin", "log", "reactor"}) {
        below.insert(std::string{"worker/adapters/"} + adapter);
    }
    below.insert(core + "letters");  // people's tools and the watch; the engine knows nothing of them
    if (from == "worker/app") {
        return below;
    }
    // worker/dev/demo: where the dev program is put together
    below.insert(sim_from_below().begin(), sim_from_below().end());
    below.insert({"worker/dev", "worker/app"});
    return below;
}

}  // namespace

TEST_CASE("dependencies point one way") {
    for (const tree::File& file : tree::sources({"common", "worker"})) {
        const std::string from = room(file.path);
        const std::set<std::string> may = allowed(from);
        for (const tree::Line& line : file.lines) {
            const std::string target = tree::included(line);
            if (target.empty() || target.starts_with('<')) {
                continue;
            }
            if (!target.starts_with("worker/") && !target.starts_with("common/")) {
                FAIL_CHECK(
                    file.path << ":" << line.number << " includes " << target
                              << ", which is not of worker or common");
                continue;
            }
            const std::string to = room(target);
            CHECK_MESSAGE(
                (to == from || to == "common" || may.count(to) == 1 ||
                 (target == "worker/core/planted.hpp" && from.starts_with("worker/core/"))),
                file.path << ":" << line.number << ": " << from << " must not include " << to);
        }
    }
}

TEST_CASE("core and common know no library but std, fmt and nlohmann/json, and nothing of the outside") {
    const std::set<std::string> banned{
        "<thread>",  "<mutex>",      "<shared_mutex>",       "<atomic>",       "<future>",   "<iostream>",
        "<fstream>", "<filesystem>", "<condition_variable>", "<sys/socket.h>", "<unistd.h>", "<random>",
        "<ctime>"};
    for (const tree::File& file : tree::sources({"common", "worker/core"})) {
        for (const tree::Line& line : file.lines) {
            const std::string target = tree::included(line);
            if (!target.starts_with('<')) {
                continue;
            }
            const bool library = target.find('/') != std::string::npos && !target.starts_with("<fmt/") &&
                                 !target.starts_with("<nlohmann/");
            CHECK_MESSAGE(
                (banned.count(target) == 0 && !library),
                file.path << ":" << line.number << ": " << target << " is not for core and common");
        }
    }
}

TEST_CASE("heavy headers stay in .cpp files") {
    for (const tree::File& file : tree::sources({"common", "worker"})) {
        if (!file.is_header()) {
            continue;
        }
        for (const tree::Line& line : file.lines) {
            const std::string target = tree::included(line);
            for (const std::string heavy :
                 {"<nlohmann/json.hpp>", "<spdlog/", "<CLI/", "<librdkafka/", "<httplib.h>", "<yaml-cpp/",
                  "<curl/"}) {
                CHECK_MESSAGE(
                    !target.starts_with(heavy),
                    file.path << ":" << line.number << ": " << heavy << " in a header");
            }
        }
    }
}
