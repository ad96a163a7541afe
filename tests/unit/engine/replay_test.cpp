// A dead letter that comes back through its source topic: what is still owed runs, and nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/unit/engine/rig.hpp"
#include "worker/core/settle/text.hpp"

namespace {

using namespace std::chrono_literals;
using rig::Rig;

constexpr auto ancestor = "events.dead-letters/0/7";

std::string three_deletes() {
    return R"({"specversion":"1.0","id":"e-1","source":"/accounts","type":"account.opted-out.v1",)"
           R"("subject":"anna","time":"2026-01-02T03:04:05Z","datacontenttype":"application/json",)"
           R"("data":{"app":"tv","sign_in_tokens":[{"value":"t-0"},{"value":"t-1"},{"value":"t-2"}]}})";
}

core::Headers replayed(const std::string& commands) {
    return {{"dlq.replay.count", "1"}, {"dlq.replay.of", ancestor}, {"dlq.commands", commands}};
}

bool is_for(const core::SendRequest& request, const std::string& token) {
    return request.request.body.expose().find(token) != std::string::npos;
}

const std::string* header(const core::OutgoingRecord& record, const std::string& name) {
    const auto found = std::find_if(
        record.headers.begin(), record.headers.end(),
        [&](const core::Header& header) { return header.name == name; });
    return found == record.headers.end() ? nullptr : &*found->value;
}

}  // namespace

// Event 1 replaced t-0 by t-1 and failed. Event 2 deletes t-0, which failed too, and t-1, which found
// nothing. Both are replayed: event 1 stores t-1 after all, so that event 2 must delete it again behind t-0.
TEST_CASE("replay: what comes behind a command that is owed runs again, though it had ended") {
    Rig rig;
    rig.deliver_record("anna", three_deletes(), replayed("0"));
    for (const char* value : {"t-0", "t-1", "t-2"}) {
        const core::SendRequest request = rig.take_request();
        CHECK(is_for(request, value));
        rig.answer(request.id, 204);
    }
    CHECK(rig.requests.empty());
}

TEST_CASE("replay: what comes before the first command that is owed is neither sent nor receipted") {
    Rig rig;
    rig.deliver_record("anna", three_deletes(), replayed("1"));
    core::SendRequest first = rig.take_request();
    CHECK(is_for(first, "t-1"));
    rig.answer(first.id, 204);
    core::SendRequest second = rig.take_request();
    CHECK(is_for(second, "t-2"));
    rig.answer(second.id, 204);
    CHECK(rig.requests.empty());
    rig.acknowledge_all_stores();
    REQUIRE(rig.stored.size() == 2);
    for (const core::Store& store : rig.stored) {
        CHECK(store.kind == core::StoreKind::receipt);
        CHECK(
            store.record.value->find(R"("replay":{"of":"events.dead-letters/0/7","count":1})") !=
            std::string::npos);
    }
    CHECK(rig.stored.front().record.value->find(R"("index":1)") != std::string::npos);
    CHECK(rig.stored.back().record.value->find(R"("index":2)") != std::string::npos);
    rig.pass(200ms);
    rig.acknowledge_commit();
    REQUIRE(rig.committed);
    CHECK(rig.committed->offset == core::Offset{1});
}

TEST_CASE("replay: what fails again is a new dead letter that knows its ancestor and owes less") {
    Rig rig;
    rig.deliver_record("anna", three_deletes(), replayed("1,2"));
    rig.answer_oldest(204);
    rig.answer_oldest(422);
    rig.acknowledge_stores();
    REQUIRE(rig.stored.size() == 1);
    const core::OutgoingRecord& letter = rig.stored.front().record;
    REQUIRE(header(letter, "dlq.replay.of") != nullptr);
    CHECK(*header(letter, "dlq.replay.of") == ancestor);
    CHECK(*header(letter, "dlq.replay.count") == "1");
    CHECK(*header(letter, "dlq.commands") == "2");
    rig.acknowledge_all_stores();
    CHECK(rig.stored.size() == 3);  // and a receipt for each of the two
}

TEST_CASE("replay: a list that does not fit the event runs everything") {
    for (const char* commands : {"3", "0,9", "x"}) {
        CAPTURE(commands);
        Rig rig;
        rig.deliver_record("anna", three_deletes(), replayed(commands));
        for (const char* token : {"t-0", "t-1", "t-2"}) {
            core::SendRequest request = rig.take_request();
            CHECK(is_for(request, token));
            rig.answer(request.id, 204);
        }
    }
}

TEST_CASE("replay: what is still invalid goes back with its lineage") {
    Rig rig;
    rig.deliver_record("anna", "{", replayed(""));
    rig.acknowledge_all_stores();
    REQUIRE(rig.stored.size() == 2);
    REQUIRE(header(rig.stored.front().record, "dlq.replay.of") != nullptr);
    CHECK(*header(rig.stored.front().record, "dlq.replay.of") == ancestor);
    CHECK(rig.stored.back().record.value->find(ancestor) != std::string::npos);
}

// It was counted when it was given up: dead-lettered and late.
TEST_CASE("replay: its event counts no second time, however it ends") {
    const auto type = core::EventType::opted_out;
    for (const int answer : {204, 422}) {
        CAPTURE(answer);
        Rig rig;
        rig.deliver_record("anna", three_deletes(), {});
        rig.answer_oldest(422);
        rig.answer_oldest(204);
        rig.answer_oldest(204);
        rig.acknowledge_all_stores();
        const auto& took = rig.took(type, core::Outcome::executed);
        CHECK(rig.settled(type, core::Outcome::dead_lettered) == 1);
        CHECK(took.count() == 0);

        rig.deliver_record("anna", three_deletes(), replayed("0"));
        rig.answer_oldest(answer);
        rig.answer_oldest(404);
        rig.answer_oldest(404);
        rig.acknowledge_all_stores();
        CHECK(rig.requests.empty());
        CHECK(rig.settled(type, core::Outcome::dead_lettered) == 1);
        CHECK(rig.settled(type, core::Outcome::executed) == 0);
        CHECK(took.count() == 0);

        rig.deliver_record("anna", three_deletes(), {});
        for (int command = 0; command < 3; ++command) {
            rig.answer_oldest(204);
        }
        rig.acknowledge_all_stores();
        CHECK(rig.settled(type, core::Outcome::executed) == 1);
        CHECK(took.count() == 1);
    }
}

// An event that cannot be read has no time of its own: what its replay brings along says since when it is
// owed. Without that the age began anew with every replay.
TEST_CASE("replay: what cannot be read again is as old as it was") {
    struct Row {
        const char* because;
        core::Headers headers;
        common::Duration age;
    };
    Rig rig;
    std::string two_hours_ago;
    core::append_rfc3339(two_hours_ago, rig.now.wall - 2h);
    const Row rows[] = {
        {"a first record", {}, 0s},
        {"a replay",
         {{"dlq.replay.count", "1"}, {"dlq.replay.of", ancestor}, {"dlq.owed.since", two_hours_ago}},
         2h},
        {"a time without an ancestor", {{"dlq.owed.since", two_hours_ago}}, 0s},
        {"a replay by an old version", {{"dlq.replay.of", ancestor}}, 0s},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        rig.deliver_record("anna", "{", row.headers);
        CHECK(rig.status().oldest_unexecuted == row.age);
        rig.acknowledge_all_stores();
        CHECK_FALSE(rig.status().oldest_unexecuted);
    }
}
