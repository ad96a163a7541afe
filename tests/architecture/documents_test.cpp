// What the documents quote is true.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/architecture/tree.hpp"
#include "worker/adapters/metrics/catalogue.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/explain/explain.hpp"
#include "worker/app/explain/render.hpp"

namespace {

const std::vector<std::string> documents{
    "README.md", "worker/README.md", "schemas/README.md", "tests/bench/README.md"};

// What stands between "<!-- name -->" and "<!-- end -->" is `wanted`. With AUTOSIGNIN_UPDATE_DOCUMENTS set in
// the environment it is made so.
void check_section(const std::string& document, const std::string& name, const std::string& wanted) {
    std::string text = tree::read(document);
    const std::string open = "<!-- " + name + " -->\n";
    const auto from = text.find(open);
    REQUIRE(from != std::string::npos);
    const auto start = from + open.size();
    const auto length = text.find("<!-- end -->", from) - start;
    if (std::getenv("AUTOSIGNIN_UPDATE_DOCUMENTS") != nullptr) {
        std::ofstream{tree::root() + "/" + document} << text.replace(start, length, wanted);
        return;
    }
    CHECK_MESSAGE(
        text.substr(start, length) == wanted, document << ": make it true with AUTOSIGNIN_UPDATE_DOCUMENTS=1 "
                                                          "build/release/tests/architecture/architecture");
}

}  // namespace

TEST_CASE("the table of metrics in worker/README.md is the catalogue") {
    check_section("worker/README.md", "metrics", metrics::catalogue_markdown());
}

TEST_CASE("the table of exit codes in README.md is the program's") {
    std::string table = "| exit code | meaning |\n|---|---|\n";
    for (const app::ExitMeaning& exit : app::exit_meanings) {
        table +=
            "| " + std::to_string(static_cast<int>(exit.code)) + " | " + std::string{exit.meaning} + " |\n";
    }
    check_section("README.md", "exit codes", table);
}

TEST_CASE("the configuration reference in worker/README.md is the table that checks the file") {
    check_section("worker/README.md", "configuration", app::reference());
}

TEST_CASE("what schemas/README.md shows of explain is what it prints") {
    const std::pair<const char*, const char*> shown[] = {
        {"explain valid", "schemas/examples/valid/password-changed--update.json"},
        {"explain invalid", "schemas/examples/invalid/wrong_type--refresh-token-is-a-number.json"}};
    for (const auto& [section, example] : shown) {
        core::Record record;
        record.value = tree::read(example);
        check_section(
            "schemas/README.md", section,
            std::string{"```\n$ autosignin-worker explain "} + example + "\n" +
                app::explain::text(example, app::explain::explained(record, nullptr)) + "```\n");
    }
}

TEST_CASE("files and lanes that documents name exist") {
    const std::regex path{R"(`((?:worker|common|schemas|tests|helm|\.ci)/[A-Za-z0-9_./-]+)`)"};
    for (const std::string& document : documents) {
        const std::string text = tree::read(document);
        for (auto it = std::sregex_iterator{text.begin(), text.end(), path}; it != std::sregex_iterator{};
             ++it) {
            const std::string named = (*it)[1];
            CHECK_MESSAGE(
                std::filesystem::exists(tree::root() + "/" + named),
                document << " names " << named << ", which is not there");
        }
        const std::string runner = tree::read("tests/run");
        const std::regex lane{R"(\./tests/run ([a-z]+))"};
        for (auto it = std::sregex_iterator{text.begin(), text.end(), lane}; it != std::sregex_iterator{};
             ++it) {
            CHECK_MESSAGE(
                runner.find(" " + (*it)[1].str()) != std::string::npos,
                document << ": no lane " << (*it)[1].str());
        }
    }
}

TEST_CASE("the top level holds what the owner gave and nothing else") {
    const std::set<std::string> given{"CMakeLists.txt", "worker",      "common",    "schemas",
                                      "tests",          "helm",        "README.md", "CMakePresets.json",
                                      "LICENSE",        "CHANGELOG.md"};
    for (const auto& entry : std::filesystem::directory_iterator{tree::root()}) {
        const std::string name = entry.path().filename();
        CHECK_MESSAGE((name.starts_with('.') || name == "build" || given.count(name) == 1), name);
    }
}
