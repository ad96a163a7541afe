#include <doctest/doctest.h>

#include <algorithm>

#include "worker/core/settle/letter.hpp"

namespace {

using core::Header;
using core::Headers;
using namespace std::chrono_literals;

core::Record original() {
    core::Record record;
    record.offset = core::Offset{77};
    record.key = std::string("k\0y", 3);
    record.value = std::string("\xFF{not json", 10);
    record.headers = {{"trace", "1"},        {"empty", ""},     {"null", std::nullopt},    {"trace", "2"},
                      {"dlq.reason", "old"}, {"Dlq.x", "kept"}, {"dlq.replay.count", "3"}, {"last", "\xFF"}};
    record.timestamp = common::WallTime{1'769'850'307'042ms};
    return record;
}

core::DeadLetterFacts facts() {
    core::DeadLetterFacts made;
    made.from = {"account-events", 3};
    made.reason = core::DeadLetterReason::rejected;
    made.error_code = "400";
    made.http_status = 400;
    made.attempts = 4;
    made.commands = {0, 2};
    made.first_failed = common::WallTime{1'769'850'300'000ms};
    made.last_failed = common::WallTime{1'769'850'307'042ms};
    made.consumer_group = "group";
    made.worker_version = "0.1.0";
    return made;
}

core::OutgoingRecord letter_of(const core::Record& record, std::string topic, core::DeadLetterFacts facts) {
    facts.lineage = core::lineage_of(record.headers);
    return core::dead_letter(record, std::move(topic), facts);
}

std::string header(const core::OutgoingRecord& record, std::string_view name) {
    CHECK(std::count_if(record.headers.begin(), record.headers.end(), [name](const Header& one) {
              return one.name == name;
          }) <= 1);
    for (const Header& one : record.headers) {
        if (one.name == name) {
            return one.value.value_or("null");
        }
    }
    return "absent";
}

}  // namespace

TEST_CASE("a dead letter keeps the original byte for byte and says what is owed") {
    const core::Record record = original();
    const auto letter = letter_of(record, "account-events.dead-letters", facts());
    CHECK(letter.topic == "account-events.dead-letters");
    CHECK(letter.key == record.key);
    CHECK(letter.value == record.value);
    CHECK(letter.timestamp == record.timestamp);
    const Headers want{
        {"trace", "1"},
        {"empty", ""},
        {"null", std::nullopt},
        {"trace", "2"},
        {"Dlq.x", "kept"},
        {"last", "\xFF"},
        {"dlq.original.topic", "account-events"},
        {"dlq.original.partition", "3"},
        {"dlq.original.offset", "77"},
        {"dlq.original.timestamp", "1769850307042"},
        {"dlq.reason", "rejected"},
        {"dlq.error.code", "400"},
        {"dlq.http.status", "400"},
        {"dlq.attempts", "4"},
        {"dlq.commands", "0,2"},
        {"dlq.first.failed.at", "2026-01-31T09:05:00.000Z"},
        {"dlq.last.failed.at", "2026-01-31T09:05:07.042Z"},
        {"dlq.consumer.group", "group"},
        {"dlq.worker.version", "0.1.0"},
        {"dlq.replay.count", "3"},
    };
    REQUIRE(letter.headers.size() == want.size());
    for (std::size_t at = 0; at < want.size(); ++at) {
        CAPTURE(want[at].name);
        CHECK(letter.headers[at] == want[at]);
    }
}

TEST_CASE("what a dead letter does not know it does not say") {
    core::DeadLetterFacts unknown = facts();
    unknown.http_status.reset();
    unknown.first_failed.reset();
    unknown.commands.clear();
    core::Record tombstone;
    const auto letter = letter_of(tombstone, "t", unknown);
    CHECK_FALSE(letter.key);
    CHECK_FALSE(letter.value);
    for (const std::string_view name :
         {"dlq.http.status", "dlq.first.failed.at", "dlq.commands", "dlq.value.omitted"}) {
        CHECK(header(letter, name) == "absent");
    }
    CHECK(header(letter, "dlq.replay.count") == "0");
}

TEST_CASE("a value that the broker will never take is left out, loudly") {
    core::DeadLetterFacts too_large = facts();
    too_large.omit_value = true;
    const auto letter = letter_of(original(), "t", too_large);
    CHECK_FALSE(letter.value);
    CHECK(header(letter, "dlq.value.omitted") == "too_large");
    CHECK(letter.key == original().key);
}

TEST_CASE("a second round replaces what the first one said, and says nothing twice") {
    core::Record record = original();
    record.headers = letter_of(original(), "t", facts()).headers;
    record.headers.push_back({"dlq.replay.count", "4"});
    record.headers.push_back({"dlq.replay.count", std::nullopt});
    core::DeadLetterFacts second = facts();
    second.reason = core::DeadLetterReason::exhausted;
    const auto letter = letter_of(record, "t", second);
    CHECK(header(letter, "dlq.reason") == "exhausted");
    CHECK(header(letter, "dlq.replay.count") == "4");
    CHECK(letter.headers.size() == 20);
}

// The fuzzer put bytes into it that are not UTF-8, and the dead letter repeated them as its own word.
TEST_CASE("a replay count that is no number is not repeated") {
    for (const char* count : {"", "\xFF", "-1", " 2", "2 ", "0x2", "12345678901234567890"}) {
        CAPTURE(std::string{count});
        core::Record record = original();
        record.headers = {{"dlq.replay.count", "5"}, {"dlq.replay.count", count}};
        CHECK(header(letter_of(record, "letters", facts()), "dlq.replay.count") == "5");
        record.headers = {{"dlq.replay.count", count}};
        CHECK(header(letter_of(record, "letters", facts()), "dlq.replay.count") == "0");
    }
}

TEST_CASE("the dead-letter topic is named by a template") {
    struct Row {
        const char* because;
        const char* name_template;
        const char* want;
    };
    const Row rows[] = {
        {"one a topic", "{topic}.dead-letters", "a.b.dead-letters"},
        {"one a reason", "dlq-{reason}-{topic}", "dlq-exhausted-a.b"},
        {"one for all", "dead", "dead"},
        {"twice", "{topic}{topic}", "a.ba.b"},
        {"other braces stay", "{x}{topic", "{x}{topic"},
        {"empty", "", ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(
                core::dead_letter_topic(row.name_template, "a.b", core::DeadLetterReason::exhausted) ==
                row.want);
        }
    }
}
