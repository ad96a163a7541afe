#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "common/prng.hpp"
#include "tests/support/slowness.hpp"
#include "worker/core/settle/letter.hpp"

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

json file(const std::string& path) {
    std::ifstream stream{std::string{AUTOSIGNIN_SOURCE_DIR "/schemas/"} + path};
    REQUIRE(stream.is_open());
    return json::parse(stream);
}

// Read once: the schema library is slow, and its schemas cannot be copied.
struct ReceiptSchema {
    valijson::Schema schema;

    ReceiptSchema() {
        const json text = file("autosignin.command.completed.v1.schema.json");
        valijson::SchemaParser{}.populateSchema(valijson::adapters::NlohmannJsonAdapter{text}, schema);
    }
};

bool valid(const json& document) {
    static const ReceiptSchema receipts;
    const valijson::adapters::NlohmannJsonAdapter target{document};
    return valijson::Validator{}.validate(receipts.schema, target, nullptr);
}

core::ReceiptFacts executed() {
    core::ReceiptFacts facts;
    facts.from = {"account-events", 3};
    facts.offset = core::Offset{4711};
    facts.event_id = "e-1";
    facts.event_source = "accounts";
    facts.event_type = "account.password-changed.v1";
    facts.subject = "account-8f2c";
    facts.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    facts.app = "tv";
    facts.command = 1;
    facts.action = core::Action::update;
    facts.attempts = 2;
    facts.seconds_to_outcome = 1.25;
    facts.fingerprint = "5d1f0c9a7b3e2d44";
    facts.now = common::WallTime{1'769'850'307'042ms};
    facts.worker_version = "0.1.0";
    return facts;
}

core::ReceiptFacts replayed() {
    core::ReceiptFacts facts = executed();
    facts.replay_of = "account-events.dead-letters/3/41";
    facts.replays = 1;
    facts.origin = "account-events/3/4522";
    return facts;
}

core::ReceiptFacts discarded() {
    core::ReceiptFacts facts = executed();
    facts.from = {"account-events.dead-letters", 3};
    facts.offset = core::Offset{41};
    facts.origin = "account-events/3/4711";
    facts.discard = core::Discard{"anna", "the account was made anew", "e-2"};
    facts.reason = core::DeadLetterReason::rejected;
    facts.error_code = "400";
    facts.attempts = 0;
    facts.seconds_to_outcome.reset();
    facts.fingerprint = {};
    return facts;
}

core::ReceiptFacts dead_lettered() {
    core::ReceiptFacts facts = executed();
    facts.offset = core::Offset{4712};
    facts.event_id = "e-2";
    facts.event_type = "account.opted-out.v1";
    facts.traceparent = "";
    facts.command = 0;
    facts.action = core::Action::erase;
    facts.outcome = core::Outcome::dead_lettered;
    facts.reason = core::DeadLetterReason::rejected;
    facts.error_code = "400";
    facts.attempts = 1;
    facts.seconds_to_outcome = 0.031;
    facts.fingerprint = "90c1a2b3d4e5f607";
    return facts;
}

// A command that ended well in another way than most.
core::ReceiptFacts ended(core::Outcome outcome, int attempts) {
    core::ReceiptFacts facts = executed();
    facts.outcome = outcome;
    facts.attempts = attempts;
    return facts;
}

core::ReceiptFacts already_so() {
    core::ReceiptFacts facts = ended(core::Outcome::already_so, 2);
    facts.event_type = "account.opted-out.v1";
    facts.action = core::Action::erase;
    return facts;
}

core::ReceiptFacts nothing_to_do() {
    core::ReceiptFacts facts = ended(core::Outcome::nothing_to_do, 0);
    facts.event_type = "account.opted-out.v1";
    facts.command.reset();
    facts.action.reset();
    facts.fingerprint = {};
    return facts;
}

core::ReceiptFacts invalid_event() {
    core::ReceiptFacts facts;
    facts.from = {"account-events", 3};
    facts.offset = core::Offset{4713};
    facts.outcome = core::Outcome::dead_lettered;
    facts.reason = core::DeadLetterReason::invalid;
    facts.error_code = "not_json";
    facts.now = common::WallTime{1'769'850'307'042ms};
    facts.worker_version = "0.1.0";
    return facts;
}

json written(const core::ReceiptFacts& facts) {
    const auto record = core::receipt("receipts", facts, std::nullopt);
    REQUIRE(record.value);
    return json::parse(*record.value);
}

}  // namespace

TEST_CASE("receipts are what the examples show, field by field, and keep to their schema") {
    struct Row {
        const char* because;
        core::ReceiptFacts facts;
        const char* example;
    };
    const Row rows[] = {
        {"executed", executed(), "examples/receipts/executed.json"},
        {"probably executed", ended(core::Outcome::probably_executed, 3),
         "examples/receipts/probably-executed.json"},
        {"already so", already_so(), "examples/receipts/already-so.json"},
        {"not found", ended(core::Outcome::not_found, 1), "examples/receipts/not-found.json"},
        {"nothing to do", nothing_to_do(), "examples/receipts/nothing-to-do.json"},
        {"dead lettered", dead_lettered(), "examples/receipts/dead-lettered.json"},
        {"a replay", replayed(), "examples/receipts/replayed.json"},
        {"discarded", discarded(), "examples/receipts/discarded.json"},
        {"an event that cannot be read", invalid_event(), "examples/receipts/invalid-event.json"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const json receipt = written(row.facts);
            CHECK(receipt == file(row.example));
            CHECK(valid(receipt));
        }
    }
}

TEST_CASE("the receipts' schema bites") {
    const json good = file("examples/receipts/dead-lettered.json");
    REQUIRE(valid(good));
    const json patches[] = {
        {{"id", "e-1"}},          {{"data", {{"outcome", "done"}}}},     {{"data", {{"reason", nullptr}}}},
        {{"specversion", "0.3"}}, {{"data", {{"outcome", "executed"}}}}, {{"data", {{"attempts", -1}}}},
        {{"time", "yesterday"}},  {{"data", {{"position", nullptr}}}},   {{"type", "other"}},
    };
    for (const json& patch : patches) {
        CAPTURE(patch.dump());
        json bad = good;
        bad.merge_patch(patch);
        CHECK_FALSE(valid(bad));
    }
}

TEST_CASE("a receipt's key is the subject, or the original's key when there is none") {
    core::ReceiptFacts facts = executed();
    CHECK(core::receipt("receipts", facts, "raw").key == "account-8f2c");
    facts.subject = "";
    CHECK(core::receipt("receipts", facts, "raw").key == "raw");
    CHECK_FALSE(core::receipt("receipts", facts, std::nullopt).key);
    const auto record = core::receipt("receipts", facts, std::nullopt);
    CHECK(record.topic == "receipts");
    CHECK(record.headers == core::Headers{{"content-type", "application/cloudevents+json"}});
}

TEST_CASE("seconds keep three decimals, and what is no number is left out") {
    struct Row {
        const char* because;
        double seconds;
        const char* want;
    };
    const Row rows[] = {
        {"zero", 0, "\"seconds\":0.000,"},
        {"rounded", 0.0126, "\"seconds\":0.013,"},
        {"a clock ahead of ours", -1.5, "\"seconds\":-1.500,"},
        {"less than one, negative", -0.25, "\"seconds\":-0.250,"},
        {"long", 86'400.001, "\"seconds\":86400.001,"},
    };
    core::ReceiptFacts facts = executed();
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            facts.seconds_to_outcome = row.seconds;
            CHECK(core::receipt("r", facts, std::nullopt).value->find(row.want) != std::string::npos);
        }
    }
    using Limits = std::numeric_limits<double>;
    for (const double nonsense :
         {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), Limits::max()}) {
        facts.seconds_to_outcome = nonsense;
        CHECK_FALSE(written(facts)["data"].contains("seconds"));
    }
}

TEST_CASE("any bytes make valid JSON: good text comes back as it was, the rest as U+FFFD") {
    struct Row {
        const char* because;
        std::string text;
        std::string want;
    };
    const std::string bad = "\xEF\xBF\xBD";
    const Row rows[] = {
        {"quotes and backslashes", R"(a"b\c)", R"(a"b\c)"},
        {"control characters", std::string("\0\x01\n\t\x1f\x7f", 6), std::string("\0\x01\n\t\x1f\x7f", 6)},
        {"two, three and four bytes", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8D\x8E",
         "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8D\x8E"},
        {"the last code point", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
        {"a lone continuation", "a\x80z", "a" + bad + "z"},
        {"cut off at the end", "a\xE2\x82", "a" + bad + bad},
        {"an overlong slash", "\xC0\xAF", bad + bad},
        {"an overlong three", "\xE0\x80\xAF", bad + bad + bad},
        {"a surrogate", "\xED\xA0\x80", bad + bad + bad},
        {"beyond the last code point", "\xF4\x90\x80\x80", bad + bad + bad + bad},
        {"0xFF", "\xFF", bad},
    };
    core::ReceiptFacts facts = executed();
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            facts.event_id = row.text;
            CHECK(written(facts)["data"]["event"]["id"] == row.want);
        }
    }
}

TEST_CASE("random bytes in every text still make a valid receipt") {
    for (std::uint64_t seed = 1; seed <= 2000 / test_support::slowness; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        std::string text;
        for (std::uint64_t left = 1 + random.below(30); left > 0; --left) {
            // No NUL: valijson 1.0 takes it for the end of a text. The table above has one.
            text += static_cast<char>(1 + random.below(random.chance(0.3) ? 63 : 255));
        }
        core::ReceiptFacts facts = executed();
        facts.event_id = facts.event_source = facts.event_type = facts.subject = facts.traceparent = text;
        facts.now = common::WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(random.bits())}};
        REQUIRE(valid(written(facts)));
    }
}

TEST_CASE("every outcome and reason has a name of its own") {
    std::set<std::string_view> names;
    for (const core::Outcome outcome : core::outcomes) {
        names.insert(outcome_name(outcome));
    }
    for (const core::DeadLetterReason reason : core::dead_letter_reasons) {
        names.insert(reason_name(reason));
    }
    CHECK(names.size() == core::outcomes.size() + core::dead_letter_reasons.size());
}
