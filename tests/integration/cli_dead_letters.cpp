// Dead letters as the person on duty works through them: list, replay, mend the cause, replay as a canary,
// discard, and nothing is left; interrupted half-way, and without a terminal.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/integration/cli_scene.hpp"
#include "tests/kafka/child.hpp"
#include "tests/kafka/traces.hpp"
#include "worker/adapters/kafka/sole_member.hpp"

namespace {

using cli::contains;
using cli::Ended;
using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;

constexpr const char* radio_bundle = "com.example.radio";

// An event of an app that is not configured yet.
core::Record of_radio(int number) {
    core::Record record =
        Scene::deletion(fmt::format("account-{}", number), fmt::format("tkn~radio-{}", number));
    std::string& text = *record.value;
    text.replace(text.find("\"app\":\"tv\""), 10, "\"app\":\"radio\"");
    return record;
}

core::Record broken() {
    core::Record record = Scene::deletion("broken", "tkn~broken");
    record.value->pop_back();
    return record;
}

cli::Edits with_radio() {
    return {
        {"apps.radio", fmt::format(
                           "{{name: radio, bundle_id: {}, issuer_id: 57246542-96fe-1a63-e053-0824d011072a, "
                           "keys: [{{id: {}, "
                           "file: app.p8}}]}}",
                           radio_bundle, Scene::key_id)}};
}

void await_letters(WorkerProcess& worker, double count) {
    worker.await(
        [&] { return worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}") >= count; }, 30s,
        "the dead letters did not come");
}

std::string header(const core::Record& record, const std::string& name) {
    const auto found = std::find_if(
        record.headers.begin(), record.headers.end(), [&](const auto& each) { return each.name == name; });
    return found == record.headers.end() ? "" : found->value.value_or("");
}

// The tool on one configuration, and everything it ever said.
class Tool {
public:
    explicit Tool(std::string config) : config_{std::move(config)} {}

    Ended operator()(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "dead-letters");
        arguments.insert(arguments.end(), {"-c", config_});
        Ended ended = cli::run(arguments);
        said_ += ended.output;
        return ended;
    }
    [[nodiscard]] const std::string& said() const { return said_; }

private:
    std::string config_;
    std::string said_;
};

}  // namespace

TEST_CASE("dead-letters: from a list of what is owed to nothing owed") {
    Scene scene;
    scene.apple().with_tokens([](dev::Es256Tokens& tokens) { tokens.add_app(radio_bundle); });
    scene.apple().with_apple([](sim::Apple& apple, common::Now) {
        for (int number = 0; number < 3; ++number) {
            apple.store().put(
                {sim::Environment::production, radio_bundle}, fmt::format("account-{}", number),
                fmt::format("tkn~radio-{}", number));
        }
    });
    scene.produce({of_radio(0), broken(), of_radio(1), of_radio(2)});
    std::string log;
    {
        Tool tool{scene.write_config()};
        WorkerProcess worker = scene.start();
        await_letters(worker, 4);

        const Ended listed = tool({"list", "--fail-when-open"});
        CHECK(listed.code == 12);
        CHECK(contains(listed.output, "4 open dead letters in 2 groups"));
        CHECK(contains(listed.output, "3  invalid unknown_app"));
        CHECK(contains(listed.output, "whose turn: whoever runs the worker"));
        CHECK(contains(listed.output, "app radio, from events"));
        CHECK(
            contains(tool({"list", "--app", "radio"}).output, "3 of 4 open dead letters match --app radio,"));
        const Ended others = tool({"list", "--app", "tv", "--fail-when-open"});
        CHECK(others.code == 0);
        CHECK(contains(others.output, "0 of 4 open dead letters match --app tv\n"));
        // The name is right, and another filter leaves its letters out.
        CHECK(tool({"list", "--app", "radio", "--code", "400"}).code == 0);
        // Misspelt, it is no good news.
        for (const char* what : {"list", "replay", "watch"}) {
            const Ended slip = tool({what, "--app", "raydio"});
            CHECK(slip.code == 2);
            CHECK(contains(slip.output, "--app raydio: no dead letter here says so, and configured are tv"));
        }
        const Ended half = tool({"list", "--app", "radio,raydio", "--format", "json"});
        CHECK(half.code == 0);
        CHECK(nlohmann::json::parse(half.output)["doubts"].size() == 1);
        const Ended shown = tool({"show", "events.dead-letters/0/0"});
        CHECK(shown.code == 0);
        CHECK(contains(shown.output, "add it to the configuration and replay"));
        CHECK(contains(shown.output, "account-0"));
        CHECK(contains(shown.output, "\"value\": \"<11 characters>\""));

        const Ended tried = tool({"replay", "--dry-run"});
        CHECK(tried.code == 0);
        CHECK(contains(tried.output, "replay: 4 open dead letters (everything)"));
        const auto plan = nlohmann::json::parse(tool({"replay", "--dry-run", "--format", "json"}).output);
        CHECK(plan["selected"] == 4);
        const Ended unasked = tool({"replay"});
        CHECK(unasked.code == 2);
        CHECK(contains(unasked.output, "give --yes"));

        // The cause is still there: they come back, and are owed once, not twice.
        const Ended back = tool({"replay", "--yes", "--code", "unknown_app", "--why", "a try"});
        CHECK(back.code == 11);
        CHECK(contains(back.output, "3 of 3 sent: 3 came back (invalid unknown_app)"));
        CHECK(contains(tool({"list"}).output, "4 open dead letters in 2 groups"));
        CHECK(contains(
            tool({"list", "--replayed"}).output, "3 of 4 open dead letters match --replayed, in 1 group"));
        CHECK(contains(tool({"list", "--all"}).output, "7 dead letters"));
        CHECK(contains(tool({"list", "--all"}).output, "4 of them open"));
        const Ended refused = tool({"replay", "--yes", "--replays-max", "1", "--code", "unknown_app"});
        CHECK(refused.code == 11);
        CHECK(contains(refused.output, "replay: 0 of 3 open dead letters (code=unknown_app"));
        CHECK(contains(refused.output, "3  refused, too_often"));
        const Ended canary = tool({"replay", "--yes", "--canary", "--code", "unknown_app"});
        CHECK(canary.code == 11);
        CHECK(contains(canary.output, "1 of 3 sent: 1 came back"));
        CHECK(contains(canary.output, "the rest was left alone"));
        CHECK(worker.stop() == 0);
        log += tool.said() + worker.log();
    }
    Tool tool{scene.write_config(with_radio())};
    WorkerProcess worker = scene.start(with_radio());
    const Ended executed =
        tool({"replay", "--yes", "--canary", "--code", "unknown_app", "--why", "configured now"});
    CHECK(executed.code == 0);
    CHECK(contains(executed.output, "3 of 3 sent: 3 executed"));
    const Ended again = tool({"replay", "--yes", "--code", "unknown_app"});
    CHECK(again.code == 0);
    CHECK(contains(again.output, "replay: 0 open dead letters"));

    const Ended everything = tool({"discard", "--yes", "--by", "anna", "--why", "no more"});
    CHECK(everything.code == 2);
    CHECK(contains(everything.output, "wants a filter"));
    const Ended discarded = tool(
        {"discard", "--yes", "--code", "not_json", "--by", "anna", "--why", "sent anew", "--superseded-by",
         "event-new"});
    CHECK(discarded.code == 0);
    CHECK(contains(discarded.output, "1 of 1 discarded"));
    const Ended given_up = tool({"show", "events.dead-letters/0/1"});
    CHECK(contains(given_up.output, "events.dead-letters/0/1  SETTLED: discarded"));
    CHECK(contains(given_up.output, "by anna, "));
    CHECK(contains(given_up.output, "(superseded by\n              event event-new)"));
    CHECK_FALSE(contains(given_up.output, "whose turn"));
    // Replayed once, in vain.
    const auto replayed =
        nlohmann::json::parse(tool({"show", "events.dead-letters/0/0", "--format", "json"}).output);
    CHECK(replayed["settlement"]["how"] == "replayed");
    CHECK(replayed["settlement"]["outcomes"]["dead_lettered"] == 1);
    CHECK(replayed["settlement"]["runs"][0]["why"] == "a try");
    const Ended nothing = tool({"list", "--fail-when-open"});
    const Ended settled = tool({"list", "--all", "--fail-when-open"});
    CHECK(settled.code == 0);
    CHECK(contains(settled.output, "0 of them open"));
    CHECK(nothing.code == 0);
    CHECK(contains(nothing.output, "0 open dead letters"));
    CHECK(worker.stop() == 0);
    log += tool.said() + worker.log();

    std::map<std::string, int> executions;
    for (const sim::LedgerEntry& entry : scene.ledger()) {
        ++executions[entry.value];
    }
    CHECK(
        executions == std::map<std::string, int>{{"tkn~radio-0", 1}, {"tkn~radio-1", 1}, {"tkn~radio-2", 1}});

    // On the record: 4 + 3 + 1 came back, 3 executed, 1 discarded, and two audit records a run.
    lane::Traces traces;
    traces.forbid_key(scene.key());
    traces.look_at("what the tool and the workers said", log);
    std::map<std::string, int> outcomes;
    std::map<std::string, int> audited;
    for (const core::Record& record : scene.read(cli::receipts_topic, 12 + 8)) {
        traces.look_at("receipt", record.key.value_or("") + record.value.value_or(""));
        const auto receipt = nlohmann::json::parse(record.value.value_or(""));
        const auto& data = receipt["data"];
        if (receipt["type"] == "autosignin.dead-letters.audited.v1") {
            ++audited[data["action"].get<std::string>() + " " + data["phase"].get<std::string>()];
            continue;
        }
        ++outcomes[data["outcome"]];
        if (data["outcome"] == "discarded") {
            CHECK(data["discard"]["by"] == "anna");
            CHECK(data["discard"]["superseded_by"] == "event-new");
            CHECK(receipt["id"] == "events.dead-letters/0/1");
            CHECK(data["origin"] == "events/0/1");
        }
        if (data["outcome"] == "executed") {
            CHECK(data["replay"]["count"] >= 2);
            const std::string origin = data["origin"];
            CHECK((origin == "events/0/0" || origin == "events/0/2" || origin == "events/0/3"));
        }
    }
    CHECK(outcomes == std::map<std::string, int>{{"dead_lettered", 8}, {"discarded", 1}, {"executed", 3}});
    CHECK(
        audited == std::map<std::string, int>{
                       {"discard begun", 1}, {"discard ended", 1}, {"replay begun", 3}, {"replay ended", 3}});
    CHECK_MESSAGE(traces.found().empty(), traces.found());
}

TEST_CASE("dead-letters: interrupted half-way and resumed, every letter is sent once") {
    Scene scene;
    constexpr std::size_t count = 12;
    std::vector<core::Record> records;
    for (std::size_t number = 0; number < count; ++number) {
        records.push_back(of_radio(static_cast<int>(number)));
    }
    scene.produce(records);
    {
        WorkerProcess worker = scene.start();
        await_letters(worker, static_cast<double>(count));
        REQUIRE(worker.stop() == 0);
    }
    const std::string config = scene.write_config();
    {
        lane::Child tool{
            {.arguments = {AUTOSIGNIN_WORKER, "dead-letters", "replay", "-c", config, "--yes", "--rate", "4"},
             .environment = {"PATH=/usr/bin:/bin"},
             .output_file = scene.path("interrupted.txt")}};
        static_cast<void>(scene.read(cli::events_topic, count + 3));
        tool.signal(SIGINT);
        CHECK(tool.wait(20s) == 11);
        std::ifstream file{scene.path("interrupted.txt")};
        const std::string said{std::istreambuf_iterator<char>{file}, {}};
        CHECK(contains(said, "interrupted; what was sent is settled"));
        CHECK(contains(said, "of 12 sent"));
    }
    const std::size_t sent = scene.read(cli::events_topic, count + 3).size() - count;
    CHECK(sent < count);
    Tool tool{config};
    CHECK(contains(tool({"list"}).output, fmt::format("{} open dead letter", count - sent)));
    const Ended rest = tool({"replay", "--yes", "--wait", "0"});
    CHECK(rest.code == 11);  // no worker runs, so they are sent and not executed
    CHECK(contains(rest.output, fmt::format("{0} of {0} sent: {0} not executed yet", count - sent)));
    std::set<std::string> replayed;
    const std::vector<core::Record> all = scene.read(cli::events_topic, 2 * count);
    CHECK(all.size() == 2 * count);
    for (const core::Record& record : all) {
        replayed.insert(header(record, "dlq.replay.of"));
    }
    CHECK(replayed.size() == count + 1);  // and the originals, of none
    CHECK(contains(tool({"list"}).output, "0 open dead letters"));
}

// Brokers forget what the replay group committed a week after its last member left. This is that broker.
TEST_CASE(
    "dead-letters: what the workers' watch has closed is not open again when the replay group is forgotten") {
    Scene scene;
    scene.produce({of_radio(0), of_radio(1)});
    {
        WorkerProcess worker = scene.start({{"dead_letters.watch", "false"}});
        await_letters(worker, 2);
        REQUIRE(worker.stop() == 0);
    }
    Tool tool{scene.write_config()};
    CHECK(contains(tool({"list"}).output, "2 open dead letters"));
    kafka::KafkaSettings watch;
    watch.bootstrap_servers = scene.broker().bootstrap();
    watch.group_id = "cli.dead-letters";
    watch.topics = {cli::dead_letter_topic};
    {
        const auto member = kafka::SoleMember::join(watch, "watch", 10s, [](const auto&) { return true; });
        REQUIRE(member);
        REQUIRE((*member)->commit({{{cli::dead_letter_topic, 0}, core::Offset{1}, {}}}));
    }
    CHECK(contains(tool({"list"}).output, "1 open dead letter "));
    CHECK(contains(tool({"list", "--all"}).output, "2 dead letters"));
    CHECK(contains(tool({"replay", "--yes", "--wait", "0"}).output, "1 of 1 sent"));
    CHECK(header(scene.read(cli::events_topic, 3).back(), "dlq.replay.of") == "events.dead-letters/0/1");
}

TEST_CASE("dead-letters: what cannot be done says so, by its exit code too") {
    Scene scene;
    const std::string config = scene.write_config();
    struct Row {
        const char* because;
        std::vector<std::string> arguments;
        int code;
        const char* says;
    };
    const Row rows[] = {
        {"nothing there", {"list"}, 0, "0 open dead letters"},
        {"no such topic", {"show", "other/0/0"}, 2, "is not in a dead-letter topic"},
        {"no such offset", {"show", "events.dead-letters/0/7"}, 7, "no record at this offset"},
        {"no such partition", {"show", "events.dead-letters/9/7"}, 2, "is not in a dead-letter topic"},
        {"no position", {"show", "7"}, 2, "is not TOPIC/PARTITION/OFFSET"},
        {"no terminal", {"show", "events.dead-letters/0/0", "--reveal", "--why", "x"}, 2, "terminal only"},
        {"no reason", {"discard", "--by", "anna", "--code", "x"}, 2, "--why"},
        // A limit of -1 once meant all of them, and a blank reason went on the record.
        {"a limit below 0", {"replay", "--yes", "--limit", "-1"}, 2, "is not a whole number"},
        {"a limit beyond counting",
         {"replay", "--yes", "--limit", "18446744073709551616"},
         2,
         "is not a whole number"},
        {"a rate that is none", {"replay", "--yes", "--rate", "nan"}, 2, "is not a number from 0"},
        {"a wait that is none", {"replay", "--yes", "--wait", "nan"}, 2, "is not a number from 0"},
        {"a blank reason", {"discard", "--yes", "--why", " ", "--by", "anna"}, 2, "must not be blank"},
        {"nobody", {"discard", "--yes", "--why", "x", "--by", ""}, 2, "must not be blank"},
        {"no time", {"list", "--since", "yesterday"}, 2, "2026-11-20T09:15:00Z"},
        {"a window of no time",
         {"list", "--since", "2026-11-20T09:15:00Z", "--until", "2026-11-20T09:15:00Z"},
         2,
         "nothing lies between them"},
        {"a partition that is not there", {"list", "--partition", "999"}, 2, "have the partitions 0 to "},
        {"an offset that is not there", {"replay", "--yes", "--offset", "5"}, 2, "are empty"},
        {"an empty time", {"list", "--until", ""}, 2, "2026-11-20T09:15:00Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        std::vector<std::string> arguments = row.arguments;
        arguments.insert(arguments.begin(), "dead-letters");
        arguments.insert(arguments.end(), {"-c", config});
        const Ended ended = cli::run(arguments);
        CAPTURE(ended.output);
        CHECK(ended.code == row.code);
        CHECK(contains(ended.output, row.says));
    }
    const std::string without = scene.write_config({{"receipts.enabled", "false"}});
    const Ended canary = cli::run({"dead-letters", "replay", "--canary", "--yes", "-c", without});
    CHECK(canary.code == 2);
    CHECK(contains(canary.output, "--canary needs receipts"));
}
