// What is not the record's fault: refused credentials, throttling, outages. None of it may cost a dead
// letter.
#include <doctest/doctest.h>

#include "tests/unit/engine/rig.hpp"

using namespace rig;
using core::EventType;
using core::GateState;
using core::Outcome;

namespace {

void deliver_many(Rig& rig, int count, const std::string& prefix = "p") {
    for (int i = 0; i < count; ++i) {
        rig.deliver(fmt::format("{}{}", prefix, i), fmt::format("{}-t{}", prefix, i));
    }
}

}  // namespace

TEST_CASE("a 401 storm signs once again, then holds everything behind one probe") {
    Rig rig;
    deliver_many(rig, 500);
    REQUIRE(rig.requests.size() == 500);
    rig.answer_all(401);
    CHECK(rig.renewed == 1);
    REQUIRE(rig.requests.size() == 1);  // the probe with the fresh signature
    std::size_t sent = 500;
    for (int second = 0; second < 60; ++second) {
        sent += rig.requests.size();
        rig.answer_all(401);
        rig.pass_in_steps(1s);
    }
    CHECK(sent < 560);
    CHECK(rig.status().gates.front().state != GateState::open);
    rig.pass_in_steps(31s);
    REQUIRE(rig.requests.size() == 1);
    rig.answer_oldest(204);
    CHECK(rig.requests.size() == 499);
    rig.answer_all(204);
    rig.acknowledge_all_stores();
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 500);
    CHECK(rig.dead_letters() == 0);
}

TEST_CASE("nothing is sent before the time that a 429 names, and then one command first") {
    Rig rig;
    deliver_many(rig, 50);
    auto answered = rig.take_request();
    auto late = rig.take_request();
    const auto until = rig.now.wall + 10s;
    rig.answer(
        answered.id,
        core::Answer{.status = 429, .retry_after = fmt::to_string(until.time_since_epoch().count())});
    // Sent before the 429: its success does not open the gate.
    rig.answer(late.id, 204);
    rig.answer_all(429);
    CHECK(rig.requests.empty());
    rig.pass_in_steps(9900ms);
    CHECK(rig.requests.empty());
    rig.pass_in_steps(200ms);
    CHECK(rig.requests.size() == 1);
    rig.answer_oldest(204);
    CHECK(rig.requests.size() == 48);
}

TEST_CASE("an outage of any length spends no attempt") {
    Rig rig;
    deliver_many(rig, 100);
    for (int round = 0; round < 2000; ++round) {
        rig.answer_all(503);
        rig.pass_in_steps(1s);
    }
    CHECK(rig.stores.empty());
    CHECK(rig.status().breakers.front().state != core::BreakerState::closed);
    for (int round = 0; round < 300; ++round) {
        rig.answer_all(204);
        rig.pass_in_steps(1s);
    }
    rig.acknowledge_all_stores();
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 100);
    CHECK(rig.dead_letters() == 0);
}

TEST_CASE("a record that always fails does not hold a quiet partition for ever") {
    Rig rig;
    rig.deliver("anna", "poison");
    for (int round = 0; round < 1000 && rig.stores.empty(); ++round) {
        while (!rig.requests.empty()) {
            const auto request = rig.take_request();
            rig.answer(request.id, body(request).find("poison") != std::string::npos ? 500 : 404);
        }
        rig.pass_in_steps(1s);
    }
    REQUIRE(rig.stores.size() == 1);
    CHECK(rig.stores.front().kind == core::StoreKind::dead_letter);
    CHECK(rig.engine.stats().counters.canaries > 0);
}

TEST_CASE("records that always fail are told apart from the others behind them") {
    Rig rig;
    deliver_many(rig, 30, "poison");
    deliver_many(rig, 300, "good");
    for (int round = 0; round < 5000; ++round) {
        while (!rig.requests.empty()) {
            const auto request = rig.take_request();
            rig.answer(request.id, body(request).find("poison") != std::string::npos ? 500 : 204);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(500ms);
    }
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 300);
    CHECK(rig.dead_letters() == 30);
}

TEST_CASE("when every command is rejected, a canary decides, and few dead letters are written meanwhile") {
    Rig rig;
    deliver_many(rig, 500);
    for (int round = 0; round < 100; ++round) {
        rig.answer_all(400);  // the canary too: a wrong bundle id, say
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.dead_letters() <= 10);
    CHECK(rig.status().gates.front().reason == core::GateReason::rejecting_everything);
    for (int round = 0; round < 100; ++round) {
        rig.answer_all(204);
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) >= 490);
}

// A review found it: the canary was always a Delete, so while Updates alone failed it proved the API well,
// and every Update was charged and dead-lettered.
TEST_CASE("an outage of updates alone spends no attempt and holds no delete") {
    Rig rig;
    for (int i = 0; i < 200; ++i) {
        rig.deliver(fmt::format("u{}", i), fmt::format("old{}", i), fmt::format("new{}", i));
        rig.deliver(fmt::format("d{}", i), fmt::format("gone{}", i));
    }
    const auto is_update = [](const core::SendRequest& request) {
        return request.request.path.find("update") != std::string_view::npos;
    };
    for (int round = 0; round < 1000; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            rig.answer(request.id, is_update(request) ? 503 : 204);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 200);
    CHECK(rig.dead_letters() == 0);
    for (int round = 0; round < 200; ++round) {
        rig.answer_all(204);
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.settled(EventType::password_changed, Outcome::executed) == 200);
    CHECK(rig.dead_letters() == 0);
}

TEST_CASE("when every update is rejected, few become dead letters and deletes go on") {
    Rig rig;
    for (int i = 0; i < 200; ++i) {
        rig.deliver(fmt::format("u{}", i), fmt::format("old{}", i), fmt::format("new{}", i));
        rig.deliver(fmt::format("d{}", i), fmt::format("gone{}", i));
    }
    for (int round = 0; round < 200; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            rig.answer(request.id, request.request.path.find("update") != std::string_view::npos ? 400 : 204);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 200);
    CHECK(rig.dead_letters() <= 10);
}

TEST_CASE("refused streams and GOAWAY are free and soon sent again") {
    Rig rig;
    rig.deliver("anna", "t");
    for (int i = 0; i < 50; ++i) {
        rig.answer(rig.take_request().id, core::NotSent{core::NotSentReason::goaway});
        rig.pass_in_steps(61s);
        REQUIRE(rig.requests.size() == 1);
    }
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    CHECK(rig.dead_letters() == 0);
}
