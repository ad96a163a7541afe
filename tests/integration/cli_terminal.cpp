// The dead-letters tool on a terminal: it shows how far it is within the width, asks before it does anything,
// and does what was confirmed.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/cli_scene.hpp"
#include "tests/integration/terminal.hpp"

namespace {

using cli::contains;
using cli::Ended;
using cli::Scene;
using cli::Terminal;
using namespace std::chrono_literals;

constexpr std::size_t count = 12;

// So many events of an app that nobody knows, dead-lettered. No worker runs afterwards.
void bury(Scene& scene) {
    std::vector<core::Record> records;
    for (std::size_t number = 0; number < count; ++number) {
        core::Record record = Scene::deletion(fmt::format("account-{}", number), "tkn~1");
        std::string& text = *record.value;
        text.replace(text.find("\"app\":\"tv\""), 10, "\"app\":\"radio\"");
        records.push_back(std::move(record));
    }
    scene.produce(records);
    auto worker = scene.start();
    worker.await(
        [&] { return worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}") >= count; }, 30s,
        "the dead letters did not come");
    REQUIRE(worker.stop() == 0);
}

std::vector<std::string> replay(const std::string& config, std::vector<std::string> more) {
    std::vector<std::string> arguments{
        AUTOSIGNIN_WORKER, "dead-letters", "replay", "-c", config, "--wait", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace

TEST_CASE("dead-letters on a terminal: asks, and does nothing without a yes") {
    Scene scene;
    bury(scene);
    const std::string config = scene.write_config();
    for (const char* answer : {"n\n", "\n", "\x04"}) {
        Terminal terminal{replay(config, {}), 80};
        REQUIRE(terminal.await("go on? [y/N] ", 20s));
        terminal.type(answer);
        CHECK(terminal.wait(20s) == 11);
        CHECK(contains(terminal.output(), "replay: 12 open dead letters (everything)"));
        CHECK(contains(terminal.output(), "nothing was done"));
    }
    CHECK(scene.read(cli::events_topic, count).size() == count);

    // A run once judged the group's progress by the end that its plan had seen: what somebody else had
    // settled while it asked was sent once more.
    {
        Terminal terminal{replay(config, {}), 80};
        REQUIRE(terminal.await("go on? [y/N] ", 20s));
        const Ended rival =
            cli::run({"dead-letters", "replay", "-c", config, "--yes", "--wait", "0", "--limit", "9"});
        CHECK(contains(rival.output, "9 of 9 sent"));
        terminal.type("y\n");
        CHECK(terminal.wait(30s) == 11);
        CHECK(contains(terminal.output(), "3 of 12 sent: 3 not executed yet"));
        CHECK(contains(terminal.output(), "9 were settled by somebody else meanwhile"));
    }
    CHECK(scene.read(cli::events_topic, 2 * count).size() == 2 * count);
}

TEST_CASE("dead-letters on a terminal: the bar fits 80 columns, and nothing of it stays") {
    Scene scene;
    bury(scene);
    const std::string config = scene.write_config();
    struct Row {
        unsigned short columns;
        const char* letters;
    };
    for (const Row& row : {Row{80, "6"}, Row{200, "12"}}) {
        CAPTURE(row.columns);
        Terminal terminal{replay(config, {"--yes", "--rate", "8", "--limit", row.letters}), row.columns};
        CHECK(terminal.wait(40s) == 11);
        // Every state of the line that is rewritten, one after the other.
        std::size_t bars = 0;
        std::string line;
        for (const char c : terminal.output()) {
            if (c != '\r' && c != '\n') {
                line += c;
                continue;
            }
            const std::string shown = line.substr(0, line.find("\x1b[K"));
            bars += shown.starts_with("[") ? 1 : 0;
            CHECK(shown.size() < row.columns);
            line.clear();
        }
        CHECK(bars > 2);
        const std::vector<std::string> seen = cli::lines_seen(terminal.output());
        CHECK(std::none_of(seen.begin(), seen.end(), [](const auto& each) { return each.starts_with("["); }));
        CHECK(contains(terminal.output(), " sent: "));
    }
}

TEST_CASE("dead-letters on a terminal: --reveal shows a value, and that is on the record") {
    Scene scene;
    bury(scene);
    const std::string config = scene.write_config();
    Terminal terminal{
        {AUTOSIGNIN_WORKER, "dead-letters", "show", "events.dead-letters/0/0", "-c", config, "--reveal",
         "--why", "a look", "--by", "anna"},
        80};
    CHECK(terminal.wait(20s) == 0);
    CHECK(contains(terminal.output(), "tkn~1"));
    // A receipt for each letter, and the audit record.
    std::size_t audited = 0;
    for (const core::Record& record : scene.read(cli::receipts_topic, count + 1)) {
        const std::string text = record.value.value_or("");
        const bool audit = contains(text, "autosignin.dead-letters.audited.v1");
        audited +=
            audit && contains(text, "reveal") && contains(text, "a look") && contains(text, "anna") ? 1 : 0;
        CHECK_FALSE(contains(text, "tkn~1"));
    }
    CHECK(audited == 1);
}

TEST_CASE("dead-letters on a terminal: watch shows the list anew, until Ctrl-C") {
    Scene scene;
    bury(scene);
    Terminal terminal{
        {AUTOSIGNIN_WORKER, "dead-letters", "watch", "-c", scene.write_config(), "--interval", "1"}, 80};
    REQUIRE(terminal.await("12 open dead letters in 1 group", 20s));
    const std::size_t first = terminal.output().size();
    REQUIRE(terminal.await("\x1b[H\x1b[J2", 20s, first));  // the time of the next look
    REQUIRE(terminal.await("12 open dead letters in 1 group", 20s, first));
    terminal.type("\x03");
    CHECK(terminal.wait(20s) == -1);  // ended by the signal
}
