// One letter in full, and no token value in it wherever the event had put one.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "tests/unit/dead_letters/letters_world.hpp"
#include "worker/app/dead_letters/showing.hpp"

namespace {

using app::dead_letters::Format;
using app::dead_letters::masked_payload;
using app::dead_letters::shown;

core::Record record(const std::optional<std::string>& value, bool binary = false) {
    core::Record record;
    record.value = value;
    record.headers = {
        {"content-type", binary ? "application/json" : "application/cloudevents+json"}, {"ce_id", "e-1"}};
    return record;
}

const std::string opted_out =
    R"({"specversion":"1.0","id":"e-1","source":"/accounts","type":"account.opted-out.v1","subject":"anna",)"
    R"("time":"2026-01-31T07:05:07.042Z","data":{"app":"tv","sign_in_tokens":[{"value":"tkn~0"},{"value":"tkn~1"}]}})";

core::DecodeRules rules() {
    core::DecodeRules rules;
    rules.apps = {{"tv", core::AppId{1}}};
    return rules;
}

app::dead_letters::Settled settled_of(
    const core::Letter& letter, const std::vector<std::string>& records = {}) {
    app::dead_letters::Settled settled{core::Fate{letter}, "receipts"};
    for (const std::string& record : records) {
        settled.fate.record(record);
    }
    return settled;
}

// Between the rows that every letter has and the payload.
std::string settled_rows(const app::dead_letters::Settled& settled) {
    const std::string text = shown(
        letters_test::letter(41), record("{}"), rules(), settled, false, Format::table, letters_test::now);
    const std::size_t from = text.find("settled ");
    return text.substr(0, text.find('\n') + 1) + text.substr(from, text.find("\npayload") - from);
}

}  // namespace

// It once still said what was owed, whose turn it was and what to do.
TEST_CASE("show: a settled letter says how it ended, and that nothing is owed") {
    const core::Letter letter = letters_test::letter(41);
    const std::string discard =
        R"({"time":"2026-02-01T10:00:00.000Z","data":{"position":{"topic":"events.dead-letters","partition":2,)"
        R"("offset":41},"discard":{"by":"anna","why":"sent anew","superseded_by":"e-2"}}})";
    CHECK(settled_rows(settled_of(letter, {discard})) == R"~(events.dead-letters/2/41  SETTLED: discarded
settled       discarded
              by anna, 2026-02-01T10:00:00.000Z: sent anew (superseded by
              event e-2)
still owed    nothing for this letter
)~");
    const std::string run =
        R"({"type":"autosignin.dead-letters.audited.v1","time":"2026-02-01T10:00:00.000Z",)"
        R"("data":{"action":"replay","phase":"begun","by":"anna"}})";
    const auto receipt = [](int index, const char* outcome) {
        return fmt::format(
            R"({{"id":"events/3/9000/{}","data":{{"replay":{{"of":"events.dead-letters/2/41"}},"outcome":"{}"}}}})",
            index, outcome);
    };
    CHECK(
        settled_rows(settled_of(letter, {run, receipt(0, "executed"), receipt(1, "dead_lettered")})) ==
        R"~(events.dead-letters/2/41  SETTLED: replayed
settled       replayed
              its receipts say: 1 dead_lettered, 1 executed
              it came back: a new dead letter is owed, see `list --replayed`
replay runs   by anna, 2026-02-01T10:00:00.000Z: no reason given
still owed    nothing for this letter
)~");
    CHECK(settled_rows(settled_of(letter)) == R"~(events.dead-letters/2/41  SETTLED: replayed or discarded
settled       replayed or discarded
how to know   no record in receipts names it. A replay has no receipt before
              it has ended; what is kept no longer may be in an archive of
              that topic: search it for the position
still owed    nothing for this letter
)~");
    auto unread = settled_of(letter);
    unread.problem = "no such topic";
    CHECK(settled_rows(unread).find("the receipts could not be read: no such topic\n") != std::string::npos);
}

TEST_CASE("show: for people, masked") {
    core::Letter letter = letters_test::letter(41);
    letter.replay_of = "events.dead-letters/2/7";
    letter.replays = 1;
    CHECK(
        shown(letter, record(opted_out), rules(), std::nullopt, false, Format::table, letters_test::now) ==
        R"~(events.dead-letters/2/41  open

event         e-1
type          account.opted-out.v1
account       anna
app           tv
owed since    2026-01-31T07:05:07.042Z (1 d 4 h)
came from     events/3/4711
stored by     0.1.0 of group autosignin-worker
replay of     events.dead-letters/2/7
replayed      once

failed        rejected 400, HTTP status 400, after 2 attempts
              first 2026-01-31T09:04:07.042Z, last 2026-01-31T09:05:07.042Z
still owed    2. delete sign_in_tokens/1
whose turn    the team that emits the events
what to do    Apple does not accept the command as it is. Look at the values
              with `show --reveal`: a value that is empty, too long or not
              what the app stored is the emitter's to correct

payload (token values masked; --reveal shows them)
{
  "specversion": "1.0",
  "id": "e-1",
  "source": "/accounts",
  "type": "account.opted-out.v1",
  "subject": "anna",
  "time": "2026-01-31T07:05:07.042Z",
  "data": {
    "app": "tv",
    "sign_in_tokens": [
      {
        "value": "<5 characters>"
      },
      {
        "value": "<5 characters>"
      }
    ]
  }
}
)~");
}

TEST_CASE("show: which commands a replay runs, by what they do") {
    core::Letter letter = letters_test::letter(41);
    const auto to_run = [&](const core::Record& of) {
        return nlohmann::json::parse(
            shown(letter, of, rules(), std::nullopt, false, Format::json, letters_test::now))["to_run"];
    };
    using Texts = std::vector<std::string>;
    CHECK(to_run(record(opted_out)) == Texts{"2. delete sign_in_tokens/1"});
    letter.commands = {0};
    CHECK(
        to_run(record(opted_out)) ==
        Texts{
            "1. delete sign_in_tokens/0",
            "2. delete sign_in_tokens/1 (has ended, and runs again behind the others)"});
    letter.commands.clear();
    CHECK(to_run(record(opted_out)).size() == 2);
    CHECK(to_run(record("{")) == Texts{});
}

TEST_CASE("show: for programs, masked") {
    const auto document = nlohmann::json::parse(shown(
        letters_test::invalid_letter(42), record("{"), rules(), settled_of(letters_test::invalid_letter(42)),
        false, Format::json, letters_test::now));
    CHECK(document["settled"] == true);
    CHECK(document["settlement"]["how"] == "unknown");
    CHECK(document["to_run"].empty());
    CHECK(document["whose_turn"] == "nobody's");
    CHECK(document["what_to_do"] == "nothing: it is settled");
    CHECK(
        document["payload"] == "(1 bytes that are not JSON, so nothing can be masked and nothing is shown)");
}

TEST_CASE("show: --reveal shows the bytes, except what a terminal would obey") {
    const std::string text = shown(
        letters_test::letter(41), record("{\"a\\u0041\":\n\"tkn~7\x1b[2J\"}"), rules(), std::nullopt, true,
        Format::table, letters_test::now);
    CHECK(text.find("{\"a\\u0041\":\n\"tkn~7\\u001b[2J\"}") != std::string::npos);
}

TEST_CASE("show: a token is masked under every name, as a name, and at every depth") {
    const std::string wrapped_in[] = {
        R"({"data":{"sign_in_tokens":[{"value":"tkn~1","replacement":"tkn~2"}]}})",
        R"({"data":"tkn~1"})",
        R"({"tkn~1":"tkn~2"})",
        R"({"data":{"tkn~1":{"tkn~2":["tkn~3",{"tkn~4":null}]}}})",
        R"({"data":{"id":"tkn~1","subject":"tkn~2"}})",
        R"({"id":["tkn~1"],"subject":{"tkn~2":1}})",
        R"(["tkn~1"])",
        R"("tkn~1")",
        R"({"value":"tkn~1","value":"tkn~2"})",
        R"({"value":"tkn~1)",
        "tkn~1",
        R"({"data":{"value":"\u0074kn~1"}})",
    };
    for (const std::string& value : wrapped_in) {
        CAPTURE(value);
        CHECK(masked_payload(record(value)).find("kn~") == std::string::npos);
    }
    // The app's name is one only where the contract has it, and no longer than a name.
    CHECK(
        masked_payload(record(R"({"app":"tkn~1","data":[{"app":"tkn~2"}]})")).find("tkn~") ==
        std::string::npos);
    CHECK(
        masked_payload(record(R"({"data":{"app":")" + std::string(65, 'a') + "~\"}}")).find('~') ==
        std::string::npos);
    CHECK(masked_payload(record(R"({"app":"raydio"})", true)).find("raydio") != std::string::npos);
    // In binary mode the value is the data alone: nothing in it is an attribute.
    CHECK(masked_payload(record(R"({"id":"tkn~1","type":"tkn~2"})", true)).find("tkn~") == std::string::npos);
    CHECK(masked_payload(record(R"({"id":"e-1"})")).find("e-1") != std::string::npos);
}

TEST_CASE("show: strangers are told apart, numbers and nothing are told as such") {
    CHECK(masked_payload(record(R"({"abc":1,"de":[true,null,2.5]})")) == R"~({
  "<name 1 of 3 characters>": "<a number>",
  "<name 2 of 2 characters>": [
    true,
    null,
    "<a number>"
  ]
})~");
    CHECK(masked_payload(record(std::nullopt)).find("no value") != std::string::npos);
}

TEST_CASE("show: what is nested without end is described, not walked") {
    const std::string brackets(1'000'000, '[');
    CHECK(
        masked_payload(record(brackets + std::string(brackets.size(), ']'))) ==
        "(2000000 bytes, nested too deep to be shown)");
    // Brackets in strings are no nesting, and do not hide any.
    CHECK(
        masked_payload(record(R"({"data":")" + brackets + R"("})")).find("<1000000 characters>") !=
        std::string::npos);
    std::string hidden;
    for (int i = 0; i < 100'000; ++i) {
        hidden += R"(["]\"]",)";
    }
    CHECK(masked_payload(record(hidden)).find("nested too deep") != std::string::npos);
}
