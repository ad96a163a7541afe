#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/unit/sim_apple/scene.hpp"

using namespace sim_test;
using sim::BodyForm;
using sim::Fault;
using sim::FaultKind;
using sim::RetryAfterForm;
using sim::Wire;

TEST_CASE("each fault: what the client sees and whether the delete was executed") {
    struct Row {
        const char* because;
        FaultKind kind;
        int status;
        Wire wire;
        bool executed;
    };
    const Row rows[] = {
        {"a lost answer was executed", FaultKind::lose_answer, 204, Wire::reset, true},
        {"a dropped request was not", FaultKind::drop_request, 0, Wire::reset, false},
        {"a late answer was executed in time", FaultKind::delay_answer, 204, Wire::answer, true},
        {"a stalled one was executed", FaultKind::stall, 204, Wire::stall, true},
        {"refused credential", FaultKind::refuse_credential, 401, Wire::answer, false},
        {"forbidden", FaultKind::forbid, 403, Wire::answer, false},
        {"throttled", FaultKind::throttle, 429, Wire::answer, false},
        {"outage", FaultKind::fail, 503, Wire::answer, false},
        {"rejected value", FaultKind::reject_value, 400, Wire::answer, false},
        {"failing value", FaultKind::fail_value, 500, Wire::answer, false},
        {"hidden value", FaultKind::hide_value, 404, Wire::answer, false},
        {"refused stream", FaultKind::refuse_stream, 0, Wire::refused_stream, false},
        {"goaway", FaultKind::go_away, 0, Wire::go_away, false},
        {"closed before", FaultKind::close_unexecuted, 0, Wire::close, false},
        {"closed after", FaultKind::close_executed, 204, Wire::close, true},
        {"a 204 has no body to tear", FaultKind::tear_body, 204, Wire::answer, true},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.store().put(tv, "alice", "token");
            scene.apple.script(
                {{.kind = row.kind, .from = scene.now.steady + 1s, .until = scene.now.steady + 2s}});
            CHECK_MESSAGE(scene.status(scene.erase("unknown")) == 404, "before the window");
            scene.pass(1s);
            const sim::Answer answer = scene.apple.handle(scene.erase("token"), scene.now);
            CHECK(answer.status == row.status);
            CHECK(answer.wire == row.wire);
            CHECK(scene.apple.store().stored(tv, "token") != row.executed);
            CHECK(scene.apple.ledger().back().status == row.status);
            CHECK(scene.apple.ledger().back().wire == row.wire);
            scene.pass(1s);
            CHECK_MESSAGE(
                scene.status(scene.erase("token")) == (row.executed ? 404 : 204), "after the window");
        }
    }
}

TEST_CASE("scopes: a fault strikes only its app, environment and values") {
    struct Row {
        const char* because;
        Fault fault;
        bool strikes;
    };
    const Row rows[] = {
        {"no scope", {.kind = FaultKind::forbid}, true},
        {"this app", {.kind = FaultKind::forbid, .bundle_id = tv.bundle_id}, true},
        {"another app", {.kind = FaultKind::forbid, .bundle_id = radio.bundle_id}, false},
        {"this environment", {.kind = FaultKind::forbid, .environment = tv.environment}, true},
        {"the other environment",
         {.kind = FaultKind::forbid, .environment = sim::Environment::sandbox},
         false},
        {"this value", {.kind = FaultKind::forbid, .values = {"x", "token"}}, true},
        {"another value", {.kind = FaultKind::forbid, .values = {"x"}}, false},
        {"never by chance", {.kind = FaultKind::forbid, .probability = 0}, false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.script({row.fault});
            CHECK(scene.status(scene.erase("token")) == (row.strikes ? 403 : 404));
        }
    }
}

TEST_CASE("a probability is drawn from the injected chooser, once a request in its scope") {
    int draws = 0;
    sim::PlainTokens tokens{.active_keys = {"KEY1"}, .bundle_ids = {tv.bundle_id}, .times = {}};
    sim::Apple apple{
        std::ref(tokens), [&draws](std::uint64_t) { return ++draws % 4 == 0 ? 0ULL : 999'999ULL; }};
    apple.script({{.kind = FaultKind::forbid, .probability = 0.5}});
    const Scene scene;
    std::vector<int> statuses;
    for (int i = 0; i < 8; ++i) {
        statuses.push_back(apple.handle(scene.erase("token"), scene.now).status);
    }
    CHECK(statuses == std::vector<int>{404, 404, 404, 403, 404, 404, 404, 403});
    CHECK(draws == 8);
}

TEST_CASE("a fault with a bound hits one value that often and goes on with others") {
    Scene scene;
    scene.apple.script({{.kind = FaultKind::forbid, .strikes_a_value_max = 2}});
    std::vector<int> statuses;
    for (const char* value : {"one", "one", "one", "other", "one", "other", "other"}) {
        statuses.push_back(scene.status(scene.erase(value)));
    }
    CHECK(statuses == std::vector<int>{403, 403, 404, 403, 404, 403, 404});
}

TEST_CASE("Retry-After in every form") {
    struct Row {
        const char* because;
        RetryAfterForm form;
        std::optional<std::string> want;
        bool usable;
    };
    const Row rows[] = {
        {"UNIX milliseconds", RetryAfterForm::epoch_ms, "1800000002500", true},
        {"seconds, rounded up", RetryAfterForm::seconds, "3", true},
        {"a date, rounded up", RetryAfterForm::http_date, "Fri, 15 Jan 2027 08:00:03 GMT", true},
        {"left out", RetryAfterForm::missing, std::nullopt, false},
        {"in the past", RetryAfterForm::past, "1799999700000", false},
        {"unreadable", RetryAfterForm::unreadable, "soon", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.script(
                {{.kind = FaultKind::throttle, .until = scene.now.steady + 2500ms, .retry_after = row.form}});
            const sim::Answer answer = scene.apple.handle(scene.erase("token"), scene.now);
            CHECK(answer.status == 429);
            CHECK(answer.retry_after == row.want);
            CHECK(answer.documented == false);
            const sim::LedgerEntry& entry = scene.apple.ledger().back();
            CHECK((entry.not_before == scene.now.steady + 2500ms) == row.usable);
        }
    }
}

TEST_CASE("Retry-After is given by Apple's clock, which may be off") {
    Scene scene;
    scene.apple.script(
        {{.kind = FaultKind::clock_offset, .delay = 20s},
         {.kind = FaultKind::throttle, .retry_after_in = std::chrono::seconds{7}}});
    const sim::Answer answer = scene.apple.handle(scene.erase("token"), scene.now);
    CHECK(answer.retry_after == "1800000027000");
    CHECK(answer.date == scene.now.wall + 20s);
}

TEST_CASE("a clock that is behind refuses tokens from its future") {
    Scene scene;
    scene.apple.script({{.kind = FaultKind::clock_offset, .delay = -30s}});
    CHECK_MESSAGE(scene.status(scene.erase("token")) == 404, "back-dated by 30 s, as it should be");
    scene.apple.script({{.kind = FaultKind::clock_offset, .delay = -31s}});
    CHECK(scene.status(scene.erase("token")) == 401);
    CHECK(scene.apple.ledger().back().flaw == sim::TokenFlaw::from_the_future);
}

TEST_CASE("a late landing changes the store when it lands, in the order of landing") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "one");
    scene.apple.script({{.kind = FaultKind::delay_execution, .until = scene.now.steady + 1s, .delay = 30s}});
    const sim::Answer late = scene.apple.handle(scene.update("one", "two"), scene.now);
    REQUIRE(late.landing);
    CHECK(late.delay == 30s);
    CHECK(scene.apple.in_the_air() == 1);
    CHECK(scene.apple.store().stored(tv, "one"));

    scene.pass(2s);
    CHECK(scene.status(scene.update("one", "three")) == 204);
    scene.pass(28s);
    const sim::Answer landed = scene.apple.land(*late.landing, scene.now);
    CHECK_MESSAGE(landed.status == 404, "the retry was faster");
    CHECK(scene.apple.in_the_air() == 0);
    const sim::Ledger& ledger = scene.apple.ledger();
    REQUIRE(ledger.size() == 2);
    CHECK(ledger[0].status == 404);
    CHECK(ledger[0].executed_at - ledger[0].received == 30s);
    CHECK(ledger[1].status == 204);
}

TEST_CASE("error bodies come in three forms") {
    struct Row {
        const char* because;
        BodyForm form;
        const char* content_type;
        const char* begins;
    };
    const Row rows[] = {
        {"empty", BodyForm::empty, "", ""},
        {"json", BodyForm::json, "application/json", R"({"errorCode":5030001)"},
        {"html", BodyForm::html, "text/html", "<html>"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.script({{.kind = FaultKind::fail, .body = row.form}});
            const sim::Answer answer = scene.apple.handle(scene.erase("token"), scene.now);
            CHECK(answer.content_type == row.content_type);
            CHECK(answer.body.substr(0, std::string{row.begins}.size()) == row.begins);
        }
    }
}

TEST_CASE("what a client makes of an answer on the wire") {
    sim::Answer answer;
    sim::answer_with(answer, 503, BodyForm::html);
    const auto seen = [&](Wire wire) {
        answer.wire = wire;
        return sim::exchange_of(answer);
    };
    CHECK(std::get<core::Answer>(seen(Wire::answer)).body == answer.body);
    CHECK(std::get<core::Answer>(seen(Wire::torn_body)).body_torn);
    CHECK(std::get<core::Lost>(seen(Wire::reset)).reason == core::LostReason::reset);
    CHECK(std::get<core::Lost>(seen(Wire::close)).reason == core::LostReason::reset);
    CHECK(std::get<core::Lost>(seen(Wire::stall)).reason == core::LostReason::deadline);
    CHECK(std::get<core::NotSent>(seen(Wire::refused_stream)).reason == core::NotSentReason::refused_stream);
    CHECK(std::get<core::NotSent>(seen(Wire::go_away)).reason == core::NotSentReason::goaway);
}

TEST_CASE("requests inside a Retry-After window are found, those that could not know are not") {
    Scene scene;
    const auto start = scene.now.steady;
    scene.apple.script({{.kind = FaultKind::throttle, .until = start + 10s, .bundle_id = tv.bundle_id}});
    const auto send_at = [&](common::Duration at, const sim::Shop& shop) {
        scene.now.steady = start + at;
        (void)scene.apple.handle(scene.erase("token", shop), scene.now);
    };
    send_at(0ms, tv);           // 0: throttled
    send_at(40ms, tv);          // 1: was on its way
    send_at(60ms, radio);       // 2: another app
    send_at(70ms, tv_sandbox);  // 3: another environment: its own first 429
    send_at(5s, tv);            // 4: too early
    send_at(10s, tv);           // 5: on time
    const auto early = sim::sent_too_early(scene.apple.ledger(), 50ms);
    REQUIRE(early.size() == 1);
    CHECK(early[0].request == 4);
    CHECK(early[0].throttled == 0);
}

TEST_CASE("an answer that the client never saw asks for nothing") {
    Scene scene;
    scene.apple.script(
        {{.kind = FaultKind::throttle, .until = scene.now.steady + 10s}, {.kind = FaultKind::lose_answer}});
    (void)scene.apple.handle(scene.erase("token"), scene.now);
    scene.pass(5s);
    (void)scene.apple.handle(scene.erase("token"), scene.now);
    CHECK(sim::sent_too_early(scene.apple.ledger(), 50ms).empty());
}
