// The canary: token values, JWTs and key text are looked for in everything that leaves the worker, at its
// most talkative and in the worst of weather. And text from outside cannot disturb whoever reads the log.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/integration/cli_scene.hpp"
#include "tests/kafka/account_history.hpp"
#include "tests/kafka/traces.hpp"

namespace {

using cli::contains;
using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;

// The mark comes first, so that a text which is cut short still shows it.
std::string value(int number) {
    return fmt::format("{}{:03}-abcdefghijklmnopqrstuvwxyz+/=0123456789", lane::value_mark, number);
}

std::string token(int existing, int replacement) {
    return fmt::format(R"({{"value":"{}","replacement":"{}"}})", value(existing), value(replacement));
}

std::string token(int existing) {
    return fmt::format(R"({{"value":"{}"}})", value(existing));
}

// Records of every kind, each with values of its own; of invalid ones the values are in places where error
// texts could pick them up.
std::vector<core::Record> records_with_tokens() {
    std::vector<core::Record> all;
    for (int account = 0; account < 40; ++account) {
        const std::string subject = fmt::format("account-{}", account);
        all.push_back(Scene::event(
            "event-" + subject, subject,
            account % 2 == 0 ? token(2 * account) : token(2 * account, 2 * account + 1)));
    }
    const std::vector<std::string> invalid{
        fmt::format(R"({{"value":"{}","replacement":"{}"}})", value(100), value(100)),
        fmt::format(R"({},{})", token(101), token(101)),
        fmt::format(R"({{"value":["{}"]}})", value(102)),
        fmt::format(R"({{"{}":"{}"}})", value(103), value(104)),
        fmt::format(R"({{"value":"{}","value":"{}"}})", value(105), value(106)),
        fmt::format(R"("{}")", value(107)),
        fmt::format(R"({{"value":"{})", value(108)),
    };
    for (std::size_t i = 0; i < invalid.size(); ++i) {
        all.push_back(Scene::event(fmt::format("bad-{}", i), fmt::format("bad-{}", i), invalid[i]));
    }
    core::Record bare;
    bare.key = "bare";
    bare.value = value(120);
    all.push_back(bare);
    return all;
}

// One stage of bad weather, and what shows that it was felt.
struct Stage {
    std::vector<sim::Fault> faults;
    int status;
    std::ptrdiff_t times;
};

std::vector<Stage> stages() {
    using enum sim::FaultKind;
    return {
        {{{.kind = refuse_credential}}, 401, 3},
        {{{.kind = throttle, .retry_after_in = 500ms}}, 429, 1},
        {{{.kind = fail, .status = 500, .body = sim::BodyForm::json}}, 500, 3},
        {{{.kind = lose_answer, .probability = 0.5}, {.kind = go_away, .probability = 0.1}}, 204, 10},
    };
}

// Apple rejects these values for ever, with a text.
const sim::Fault rejection{
    .kind = sim::FaultKind::reject_value, .values = {value(4), value(6)}, .body = sim::BodyForm::json};

std::vector<sim::Fault> with_rejection(std::vector<sim::Fault> faults) {
    faults.push_back(rejection);
    return faults;
}

}  // namespace

TEST_CASE("cli: no token value, JWT or key leaves the worker except to Apple and as the original bytes") {
    Scene scene;
    const std::vector<core::Record> records = records_with_tokens();
    scene.apple().with_apple([&](sim::Apple& apple, common::Now) {
        for (int account = 0; account < 40; ++account) {
            apple.store().put(cli::shop, fmt::format("account-{}", account), value(2 * account));
        }
    });
    scene.script(with_rejection(stages().front().faults));
    scene.produce(records);
    cli::Edits edits{
        {"kafka.properties", "{heartbeat.interval.ms: \"200\", fetch.wait.max.ms: \"10\", debug: all}"},
        {"log.level", "debug"},
        {"apple.attempts_max", "30"}};
    SUBCASE("http2, JSON lines") {}
    SUBCASE("http1, text") {
        edits["apple.transport"] = "http1";
        edits["log.format"] = "text";
    }
    WorkerProcess worker = scene.start(edits);
    lane::Traces traces;
    traces.forbid_key(scene.key());
    traces.look_at_process(worker.child().pid());
    const auto look_at_pages = [&] {
        for (const char* page : {"/metrics", "/status", "/readyz", "/livez", "/nothing"}) {
            traces.look_at(page, worker.get(page).body);
        }
    };
    for (const Stage& stage : stages()) {
        scene.script(with_rejection(stage.faults));
        worker.await(
            [&] {
                look_at_pages();
                const sim::Ledger ledger = scene.ledger();
                return std::count_if(ledger.begin(), ledger.end(), [&](const sim::LedgerEntry& entry) {
                           return entry.status == stage.status;
                       }) >= stage.times;
            },
            40s, fmt::format("no {} was felt", stage.status));
    }
    // Receipts: one for each record; dead letters have one too.
    worker.await(
        [&] {
            look_at_pages();
            return worker.metric("autosignin_receipts_total") >= static_cast<double>(records.size());
        },
        90s, "not every record got its receipt");
    look_at_pages();
    CHECK(worker.stop() == 0);
    traces.look_at("log", worker.log());
    for (const core::Record& receipt : scene.read(cli::receipts_topic, records.size())) {
        traces.look_at("receipt", receipt.key.value_or("") + receipt.value.value_or(""));
        for (const core::Header& header : receipt.headers) {
            traces.look_at("receipt header", header.name + "=" + header.value.value_or(""));
        }
    }
    constexpr std::size_t letters = 10;  // eight invalid, two rejected
    const auto dead = scene.read(cli::dead_letter_topic, letters);
    CHECK(dead.size() == letters);
    for (const core::Record& letter : dead) {
        const bool original = std::any_of(records.begin(), records.end(), [&](const core::Record& record) {
            return record.value == letter.value && record.key == letter.key;
        });
        CHECK(original);
        for (const core::Header& header : letter.headers) {
            traces.look_at("dead letter " + header.name, header.value.value_or(""));
        }
    }
    CHECK_MESSAGE(traces.found().empty(), traces.found());
    // It could have been seen: an original does show its values, and the library did talk.
    lane::Traces original;
    original.look_at("original", records.front().value.value_or(""));
    CHECK_FALSE(original.found().empty());
    CHECK(contains(worker.log(), "kafka_client_log"));
}

TEST_CASE("cli: text from outside cannot end a log line, colour a terminal or rewrite it") {
    Scene scene;
    // As JSON writes them: escape sequence, line end, carriage return, C1, direction of writing, line
    // separator.
    const std::string evil = R"(\u001b[31mred\n{\"level\":\"error\"}\r\u009b2J\u202e\u2028)";
    core::Record key = Scene::event("evil-key", "someone", R"({"value":"tkn~900"})");
    key.key = "\x1b[2Jkey\nforged";  // not its subject: told at warning
    scene.produce(
        {Scene::event("id-" + evil, "subject-" + evil, R"({"value":"tkn~901"})"),
         Scene::event("trace", "traced", R"({"value":"tkn~902"})", ",\"traceparent\":\"00-" + evil + "\""),
         Scene::event("bad-" + evil, "bad-" + evil, R"({"value":7})"), key});
    cli::Edits edits;
    SUBCASE("JSON lines") {}
    SUBCASE("text") {
        edits["log.format"] = "text";
    }
    WorkerProcess worker = scene.start(edits);
    worker.await(
        [&] { return worker.metric("autosignin_receipts_total") >= 4; }, 40s, "not every record settled");
    CHECK(worker.stop() == 0);
    const std::string log = worker.log();
    CHECK(contains(log, "red"));  // it was logged at all
    for (const char* harmful :
         {"\x1b", "\r", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8", "\nforged", "\n{\"level\":\"error\"}"}) {
        CHECK_MESSAGE(!contains(log, harmful), "a harmful character is in the log");
    }
}
