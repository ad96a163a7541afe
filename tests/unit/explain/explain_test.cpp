// What `explain` says of an event agrees with the decoder, lists everything and tells no token value.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "common/prng.hpp"
#include "tests/support/examples.hpp"
#include "tests/unit/explain/a_config.hpp"
#include "worker/app/explain/contradictions.hpp"
#include "worker/app/explain/explain.hpp"
#include "worker/app/explain/render.hpp"
#include "worker/core/event/invalid_codes.hpp"

namespace {

using app::explain::Explanation;
using app::explain::Problem;
using nlohmann::json;

using explain_test::a_config;
core::Record record_of(std::string value) {
    return tests::example_record(std::move(value));
}

Explanation explained(std::string value) {
    const app::Config config = a_config();
    return app::explain::explained(record_of(std::move(value)), &config);
}

using Places = std::vector<std::pair<std::string, std::string>>;  // code, pointer
Places places(const Explanation& explanation) {
    Places found;
    for (const Problem& problem : explanation.problems) {
        found.emplace_back(problem.code, problem.pointer);
    }
    return found;
}

std::string text_of(const Places& all) {
    std::string text;
    for (const auto& [code, pointer] : all) {
        text += fmt::format("{} {}\n", code, pointer);
    }
    return text;
}

json good_event() {
    return json::parse(
        R"({"specversion":"1.0","id":"1","source":"/accounts","type":"account.password-changed.v1",)"
        R"("subject":"account-7f3a","time":"2026-11-20T09:15:00Z","data":{"app":"streaming",)"
        R"("sign_in_tokens":[{"value":"a"},{"value":"b"}]}})");
}

}  // namespace

TEST_CASE("explain and the decoder give the same verdict on every example") {
    for (const tests::Example& example : tests::valid_examples()) {
        CAPTURE(example.name);
        CHECK(explained(example.text).problems.empty());
    }
    const auto invalid = tests::invalid_examples();
    REQUIRE_FALSE(invalid.empty());
    for (const tests::Example& example : invalid) {
        CAPTURE(example.name);
        const Explanation found = explained(example.text);
        REQUIRE_FALSE(found.problems.empty());
        CHECK(found.problems.front().code == example.code);
        CHECK(found.commands.empty());
        INFO(text_of(places(found)));
        CHECK(found.problems.size() == 1);  // an example breaks one rule
    }
}

TEST_CASE("every problem of an event is listed, the worker's own verdict first") {
    struct Row {
        const char* because;
        const char* patch;  // RFC 7396, onto good_event()
        Places want;
    };
    const Row rows[] = {
        {"attributes and data at once",
         R"({"subject":"","time":"today","data":{"app":7}})",
         {{"empty_string", "/subject"}, {"wrong_type", "/data/app"}, {"bad_time", "/time"}}},
        {"each token that is wrong",
         R"({"data":{"sign_in_tokens":[{"value":1},{"value":"b"},{},"x",{"value":""}]}})",
         {{"wrong_type", "/data/sign_in_tokens/0/value"},
          {"missing_member", "/data/sign_in_tokens/2/value"},
          {"wrong_type", "/data/sign_in_tokens/3"},
          {"empty_string", "/data/sign_in_tokens/4/value"}}},
        {"each contradiction",
         R"({"data":{"sign_in_tokens":[{"value":"a","replacement":"n"},{"value":"a","replacement":"m"},{"value":"m"}]}})",
         {{"different_replacements", "/data/sign_in_tokens/1/replacement"},
          {"repeated_value", "/data/sign_in_tokens/1/value"},
          {"value_is_replacement", "/data/sign_in_tokens/2/value"}}},
        {"signed out with two replacements",
         R"({"data":{"sign_out_everywhere":true,"sign_in_tokens":[{"value":"a","replacement":"n"},{"value":"b","replacement":"n"}]}})",
         {{"signed_out_with_replacement", "/data/sign_in_tokens/0/replacement"},
          {"signed_out_with_replacement", "/data/sign_in_tokens/1/replacement"}}},
        {"replacements where every token goes",
         R"({"id":null,"type":"account.deleted.v1","data":{"sign_in_tokens":[{"value":"a","replacement":"n"}]}})",
         {{"missing_member", "/id"}, {"unexpected_replacement", "/data/sign_in_tokens/0/replacement"}}},
        {"what a token without a replacement allows is no problem",
         R"({"subject":"","data":{"sign_out_everywhere":true}})",
         {{"empty_string", "/subject"}}},
        {"replacements are allowed unless all sign out",
         R"({"subject":"","data":{"sign_in_tokens":[{"value":"a","replacement":"n"}]}})",
         {{"empty_string", "/subject"}}},
        {"an unknown type says nothing about the data",
         R"({"type":"account.born.v1","id":3,"data":{"app":"streaming","sign_in_tokens":7}})",
         {{"wrong_type", "/id"}, {"unknown_type", "/type"}}},
        {"an unknown app is told next to others",
         R"({"id":"","data":{"app":"tv"}})",
         {{"empty_string", "/id"}, {"unknown_app", "/data/app"}}},
        {"an alias is judged as what it stands for",
         R"({"type":"com.example.closed","source":"","data":{"sign_in_tokens":[{"value":"a","replacement":"n"}]}})",
         {{"empty_string", "/source"}, {"unexpected_replacement", "/data/sign_in_tokens/0/replacement"}}},
        {"sessions too",
         R"({"data":{"sign_in_with_apple":[{"refresh_token":4},5]}})",
         {{"wrong_type", "/data/sign_in_with_apple/0/refresh_token"},
          {"wrong_type", "/data/sign_in_with_apple/1"}}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            json event = good_event();
            event.merge_patch(json::parse(row.patch));
            if (std::string{row.patch}.find(R"("id":null)") != std::string::npos) {
                event["id"] = nullptr;  // a merge patch would remove it, which is the same to the worker
            }
            Places found = places(explained(event.dump()));
            REQUIRE_FALSE(found.empty());
            CHECK(found.front() == row.want.front());
            Places want = row.want;
            std::sort(found.begin(), found.end());
            std::sort(want.begin(), want.end());
            CHECK(text_of(found) == text_of(want));
        }
    }
}

TEST_CASE(
    "contradictions: whenever the decoder names one, it is in the list, and nothing is listed otherwise") {
    constexpr std::uint64_t seed = 20261121;
    CAPTURE(seed);
    common::Prng prng{seed};
    const std::string types[] = {
        "account.password-changed.v1", "account.opted-out.v1", "account.sign-in-flagged.v1",
        "account.deleted.v1"};
    int invalid = 0;
    for (int round = 0; round < 3000; ++round) {
        json event = good_event();
        event["type"] = types[prng.below(4)];
        json tokens = json::array();
        for (std::uint64_t left = prng.below(4); left > 0; --left) {
            json token{{"value", std::string(1, static_cast<char>('a' + prng.below(6)))}};
            if (prng.below(3) == 0) {
                token["replacement"] = std::string(1, static_cast<char>('e' + prng.below(3)));
            }
            tokens.push_back(std::move(token));
        }
        event["data"]["sign_in_tokens"] = std::move(tokens);
        if (prng.below(4) == 0) {
            event["data"]["sign_out_everywhere"] = true;
        }
        const core::Decoded decoded = core::decode(record_of(event.dump()), tests::example_rules());
        core::EventType type{};
        for (const core::EventType each : core::event_types) {
            type = core::type_name(each) == event["type"] ? each : type;
        }
        const auto listed = app::explain::contradictions(event["data"], type);
        CAPTURE(event.dump());
        if (const auto* verdict = std::get_if<core::Invalid>(&decoded)) {
            ++invalid;
            CHECK(std::any_of(listed.begin(), listed.end(), [&](const Problem& each) {
                return each.code == verdict->code && each.pointer == verdict->pointer &&
                       each.sentence == verdict->sentence;
            }));
        } else {
            CHECK(listed.empty());
        }
    }
    CHECK(invalid > 500);
}

TEST_CASE("no token value is told, whatever is wrong with the event") {
    const std::string secret = "s3cr3t-t0ken";
    const char* const patches[] = {
        R"({"data":{"sign_in_tokens":[{"value":"s3cr3t-t0ken","replacement":"s3cr3t-t0ken-2"}]}})",
        R"({"data":{"sign_in_tokens":[{"value":"s3cr3t-t0ken"},{"value":"s3cr3t-t0ken"}]}})",
        R"({"data":{"sign_in_tokens":[{"value":"s3cr3t-t0ken","replacement":"s3cr3t-t0ken"}]}})",
        R"({"data":{"sign_in_tokens":["s3cr3t-t0ken"]}})",
        R"({"data":{"sign_in_tokens":{"s3cr3t-t0ken":"s3cr3t-t0ken"}}})",
        R"({"data":{"sign_in_tokens":[{"s3cr3t-t0ken":1}],"s3cr3t-t0ken":"s3cr3t-t0ken"}})",
        R"({"data":"s3cr3t-t0ken"})",
        R"({"data":{"app":"s3cr3t-t0ken","sign_out_everywhere":"s3cr3t-t0ken"}})",
        R"({"type":"s3cr3t-t0ken"})",
        R"({"time":"s3cr3t-t0ken","specversion":"s3cr3t-t0ken","datacontenttype":"s3cr3t-t0ken"})",
        R"({"data":{"sign_in_with_apple":[{"client_id":["s3cr3t-t0ken"],"refresh_token":{"s3cr3t-t0ken":1}}]}})",
    };
    for (const char* patch : patches) {
        CAPTURE(std::string{patch});
        json event = good_event();
        event.merge_patch(json::parse(patch));
        const app::Config config = a_config();
        for (const app::Config* known : {&config, static_cast<const app::Config*>(nullptr)}) {
            const Explanation found = app::explain::explained(record_of(event.dump()), known);
            // Without a configuration the app's name is shown; nothing else of the payload.
            if (known != nullptr || !found.problems.empty()) {
                CHECK(app::explain::text("event.json", found).find(secret) == std::string::npos);
                CHECK(app::explain::json("event.json", found).find(secret) == std::string::npos);
            }
        }
    }
}

TEST_CASE("a body of megabytes in an attribute does not exhaust the validator's patterns") {
    // Its regular expressions recurse once a character.
    json event = good_event();
    event["id"] = "";
    event["datacontenttype"] = std::string(4'000'000, 'x');
    event["time"] = std::string(4'000'000, '1');
    const Places found = places(explained(event.dump()));
    REQUIRE(found.size() >= 2);
    CHECK(found.front() == Places::value_type{"empty_string", "/id"});
}

TEST_CASE("a record in binary mode is explained in pointers of its structured form") {
    core::Record record;
    record.key = "account-7f3a";
    record.value = R"({"app":"streaming","sign_in_tokens":[{"value":"a"},{"value":"a"}]})";
    record.headers = {{"ce_specversion", "1.0"},           {"CE_id", "1"},     {"ce_source", "/accounts"},
                      {"ce_type", "account.deleted.v1"},   {"ce_subject", ""}, {"ce_time", "soon"},
                      {"content-type", "application/json"}};
    const app::Config config = a_config();
    CHECK(
        text_of(places(app::explain::explained(record, &config))) ==
        "empty_string /subject\nbad_time /time\nrepeated_value /data/sign_in_tokens/1/value\n");
    record.headers[4].value = "account-7f3a";
    record.headers[5].value = "2026-11-20T09:15:00Z";
    record.value = R"({"app":"streaming","sign_in_tokens":[{"value":"a"}]})";
    const Explanation found = app::explain::explained(record, &config);
    CHECK(found.problems.empty());
    CHECK(found.commands.size() == 1);
}

// Its own list once counted only behind a replay, so that `explain` of its place showed what had ended.
TEST_CASE("of a dead letter at its own place the commands that a replay runs are told") {
    core::Record record = record_of(good_event().dump());
    record.headers.push_back({"dlq.reason", "rejected"});
    record.headers.push_back({"dlq.replay.count", "0"});
    record.headers.push_back({"dlq.commands", "1"});
    const app::Config config = a_config();
    const Explanation found = app::explain::explained(record, &config);
    REQUIRE(found.commands.size() == 2);
    CHECK(found.commands[0].ended_before);
    CHECK_FALSE(found.commands[1].ended_before);
    REQUIRE(found.notes.size() == 1);
    CHECK(found.notes[0] == "The record is a dead letter; the commands are those that a replay runs.");
}

TEST_CASE("of a replayed dead letter only the commands that are still owed would run") {
    core::Record record = record_of(good_event().dump());
    record.headers.push_back({"dlq.replay.of", "events.dead-letters/0/12"});
    record.headers.push_back({"dlq.replay.count", "2"});
    record.headers.push_back({"dlq.commands", "1"});
    const app::Config config = a_config();
    const Explanation found = app::explain::explained(record, &config);
    REQUIRE(found.commands.size() == 2);
    CHECK(found.commands[0].ended_before);
    CHECK_FALSE(found.commands[1].ended_before);
    REQUIRE(found.notes.size() == 1);
    CHECK(
        found.notes[0] ==
        "The record is a replayed dead letter of events.dead-letters/0/12, replayed 2 times.");
}
