// The way of one record, and what may be committed when.
#include <doctest/doctest.h>

#include "tests/unit/engine/rig.hpp"

using namespace rig;
using core::EventType;
using core::Outcome;

TEST_CASE("a record goes to Apple, leaves a receipt, and only then is committed") {
    Rig rig;
    rig.deliver("anna", "t1");
    REQUIRE(rig.requests.size() == 1);
    CHECK(body(rig.requests.front()).find("t1") != std::string::npos);
    rig.answer_oldest(204);
    rig.pass(100ms);
    CHECK_FALSE(rig.commit.has_value());  // the receipt is not acknowledged yet
    rig.acknowledge_all_stores();
    rig.pass(100ms);
    REQUIRE(rig.commit.has_value());
    CHECK(rig.commit->partitions.front().offset == core::Offset{1});
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 1);
    CHECK(rig.status().records_buffered == 0);
}

TEST_CASE("one account has one command in flight, others overtake it") {
    Rig rig;
    rig.deliver("anna", "a1");
    rig.deliver("anna", "a2");
    rig.deliver("bert", "b1");
    REQUIRE(rig.requests.size() == 2);
    CHECK(body(rig.requests[1]).find("b1") != std::string::npos);
    rig.answer(rig.requests[1].id, 204);
    rig.requests.pop_back();
    rig.answer_oldest(503);
    CHECK(rig.requests.empty());  // a2 waits for a1's retry
    rig.pass_in_steps(2s);
    REQUIRE_FALSE(rig.requests.empty());
    CHECK(body(rig.requests.front()).find("a1") != std::string::npos);
}

TEST_CASE("a password change overtakes a backlog of opt-outs") {
    auto with = settings();
    with.in_flight_max = 1;
    Rig rig{with};
    rig.deliver("first", "t0");
    for (int i = 0; i < 5; ++i) {
        rig.deliver(fmt::format("out-{}", i), fmt::format("o{}", i));
    }
    rig.deliver("stolen", "old", "new");
    rig.answer_oldest(204);
    CHECK(body(rig.take_request()).find("new") != std::string::npos);
}

TEST_CASE("nothing is committed beyond an unfinished record, and what is finished above it is in the map") {
    Rig rig;
    for (int i = 0; i < 4; ++i) {
        rig.deliver(fmt::format("p{}", i), fmt::format("t{}", i));
    }
    static_cast<void>(rig.take_request());  // stays in flight
    rig.answer_all(204);
    rig.acknowledge_all_stores();
    rig.acknowledge_commit();  // went out with the first completion
    rig.pass(200ms);
    REQUIRE(rig.commit.has_value());
    rig.acknowledge_commit();
    CHECK(rig.committed->offset == core::Offset{0});

    Rig next;
    next.assign(0, rig.committed->metadata);
    for (int i = 0; i < 4; ++i) {
        next.deliver(fmt::format("p{}", i), fmt::format("t{}", i));
    }
    CHECK(next.requests.size() == 1);  // only what had not finished
    CHECK(next.engine.stats().counters.records_already_finished == 3);
}

TEST_CASE("an invalid record becomes a dead letter, then a receipt, then is committed") {
    Rig rig;
    rig.deliver_text("anna", "not json");
    REQUIRE(rig.stores.size() == 1);
    CHECK(rig.stores.front().kind == core::StoreKind::dead_letter);
    rig.pass(1s);
    CHECK_FALSE(rig.commit.has_value());
    rig.acknowledge_stores();
    REQUIRE(rig.stores.size() == 1);
    CHECK(rig.stores.front().kind == core::StoreKind::receipt);
    rig.acknowledge_stores();
    rig.pass(1s);
    CHECK(rig.commit.has_value());
}

TEST_CASE("a store that the broker refuses is repeated, and nothing is committed past it") {
    Rig rig;
    rig.deliver_text("anna", "not json");
    for (int i = 0; i < 20; ++i) {
        rig.acknowledge_stores(core::StoreResult::failed);
        CHECK(rig.stores.empty());  // not at once
        rig.pass_in_steps(11s);
        REQUIRE(rig.stores.size() == 1);
        CHECK_FALSE(rig.commit.has_value());
    }
    rig.acknowledge_all_stores();
    rig.pass(1s);
    CHECK(rig.commit.has_value());
}

TEST_CASE("an original that the broker will never take is stored without its value") {
    Rig rig;
    rig.deliver_text("anna", "not json");
    rig.acknowledge_stores(core::StoreResult::too_large);
    rig.pass_in_steps(1s);
    REQUIRE(rig.stores.size() == 1);
    CHECK_FALSE(rig.stores.front().record.value.has_value());
    rig.acknowledge_all_stores();
    CHECK(rig.engine.stats().counters.dead_letters_without_value == 1);
}

TEST_CASE("a dead letter that is too large even without its value loses key and headers, never its place") {
    Rig rig;
    rig.deliver_text(std::string(5000, 'k'), "not json");
    rig.acknowledge_stores(core::StoreResult::too_large);
    rig.pass_in_steps(1s);
    rig.acknowledge_stores(core::StoreResult::too_large);
    rig.pass_in_steps(2s);
    REQUIRE(rig.stores.size() == 1);
    CHECK_FALSE(rig.stores.front().record.key.has_value());
    rig.acknowledge_stores();
    REQUIRE(rig.stores.size() == 1);
    CHECK_FALSE(rig.stores.front().record.key.has_value());  // the receipt's
    rig.acknowledge_stores();
    rig.pass_in_steps(1s);
    CHECK(rig.commit.has_value());
}

// What is malformed may name any time, and people were woken for somebody "signed in for 69 days".
TEST_CASE("an invalid event is as old as its record, whatever it says of its time") {
    Rig rig;
    rig.deliver_text(
        "anna",
        R"({"specversion":"1.0","id":"e","source":"/a","type":"account.opted-out.v1","subject":"anna",
            "time":"2025-10-01T00:00:00Z","data":{"app":"nobody","sign_in_tokens":[{"value":"x1"}]}})");
    REQUIRE(rig.stores.size() == 1);
    CHECK(rig.stores.front().kind == core::StoreKind::dead_letter);
    rig.pass(2s);
    CHECK(rig.status().oldest_unexecuted == common::Duration{2s});
}

TEST_CASE("an event from year 1 has an age that can be written") {
    Rig rig;
    rig.deliver_text(
        "anna",
        R"({"specversion":"1.0","id":"e","source":"/a","type":"account.opted-out.v1","subject":"anna",
            "time":"0001-01-01T00:00:00Z","data":{"app":"tv","sign_in_tokens":[{"value":"x1"}]}})");
    REQUIRE(rig.requests.size() == 1);
    CHECK(rig.status().oldest_unexecuted.value() > std::chrono::hours{24 * 365 * 199});
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    CHECK(rig.took(EventType::opted_out, core::Outcome::executed).sum() > 6e10);
}

TEST_CASE("an Update that finds nothing after a lost attempt was probably executed") {
    Rig rig;
    rig.deliver("anna", "old", "new");
    rig.answer(rig.take_request().id, core::Lost{core::LostReason::reset});
    rig.pass_in_steps(1s);
    // The failure is unexplained, so the canary goes out as well.
    while (!rig.requests.empty()) {
        const auto request = rig.take_request();
        rig.answer(request.id, 404);
    }
    CHECK(rig.engine.stats().counters.commands[0][static_cast<std::size_t>(Outcome::probably_executed)] == 1);
}

TEST_CASE("a rejected command is dead-lettered and the event's other commands still run") {
    Rig rig;
    rig.deliver_text(
        "anna",
        R"({"specversion":"1.0","id":"e","source":"/a","type":"account.opted-out.v1","subject":"anna",
            "time":"2026-01-02T03:04:05Z","data":{"app":"tv","sign_in_tokens":[{"value":"x1"},{"value":"x2"}]}})");
    rig.answer_oldest(400);
    REQUIRE(rig.requests.size() == 1);
    CHECK(body(rig.requests.front()).find("x2") != std::string::npos);
    rig.answer_oldest(204);
    REQUIRE(rig.stores.size() == 1);
    const core::Store& letter = rig.stores.front();
    CHECK(letter.kind == core::StoreKind::dead_letter);
    const auto header = [&](std::string_view name) {
        for (const core::Header& candidate : letter.record.headers) {
            if (candidate.name == name) {
                return candidate.value.value_or("");
            }
        }
        return std::string{};
    };
    CHECK(header("dlq.commands") == "0");
    CHECK(header("dlq.reason") == "rejected");
    CHECK(header("dlq.http.status") == "400");
    rig.acknowledge_all_stores();
    CHECK(rig.settled(EventType::opted_out, Outcome::dead_lettered) == 1);
}
