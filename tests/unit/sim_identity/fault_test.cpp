#include <doctest/doctest.h>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;
using sim::Fault;
using sim::FaultKind;
using sim::Wire;

TEST_CASE("each fault: what the client sees and whether the session was ended") {
    struct Row {
        const char* because;
        Fault fault;
        const char* want;
        Wire wire;
        bool executed;
    };
    const Row rows[] = {
        {"a lost answer", {.kind = FaultKind::lose_answer}, "200", Wire::reset, true},
        {"a dropped request", {.kind = FaultKind::drop_request}, "0", Wire::reset, false},
        {"a refused stream", {.kind = FaultKind::refuse_stream}, "0", Wire::refused_stream, false},
        {"a late answer", {.kind = FaultKind::delay_answer, .delay = 3s}, "200", Wire::answer, true},
        {"a stall", {.kind = FaultKind::stall}, "200", Wire::stall, true},
        {"an outage", {.kind = FaultKind::fail, .status = 502}, "502", Wire::answer, false},
        {"a throttle", {.kind = FaultKind::throttle}, "429", Wire::answer, false},
        {"forbidden", {.kind = FaultKind::forbid}, "403", Wire::answer, false},
        {"a refused credential",
         {.kind = FaultKind::refuse_credential},
         "400 invalid_client",
         Wire::answer,
         false},
        {"a rejected token", {.kind = FaultKind::reject_value}, "400 invalid_request", Wire::answer, false},
        {"rejected with an error of choice",
         {.kind = FaultKind::reject_value, .error = "invalid_grant"},
         "400 invalid_grant",
         Wire::answer,
         false},
        {"a token that makes it fail", {.kind = FaultKind::fail_value}, "500", Wire::answer, false},
        {"a token that is not found", {.kind = FaultKind::hide_value}, "200", Wire::answer, false},
        {"this client", {.kind = FaultKind::forbid, .bundle_id = app}, "403", Wire::answer, false},
        {"another client", {.kind = FaultKind::forbid, .bundle_id = other_app}, "200", Wire::answer, true},
        {"this endpoint", {.kind = FaultKind::forbid, .path = "/auth/revoke"}, "403", Wire::answer, false},
        {"another endpoint", {.kind = FaultKind::forbid, .path = "/auth/token"}, "200", Wire::answer, true},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            const std::string token = scene.refresh_token();
            scene.apple.script({row.fault});
            const sim::Answer answer = scene.revoke(token);
            CHECK(outcome(answer) == row.want);
            CHECK(answer.wire == row.wire);
            CHECK(answer.delay == row.fault.delay);
            CHECK(scene.apple.valid(token, scene.now.steady) != row.executed);
            CHECK(scene.apple.ledger().back().status == answer.status);
            scene.apple.script({});
            CHECK(scene.revoke(token).status == 200);
            CHECK_FALSE(scene.apple.valid(token, scene.now.steady));
        }
    }
}

TEST_CASE("a late landing revokes when it lands") {
    Scene scene;
    const std::string token = scene.refresh_token();
    scene.apple.script({{.kind = FaultKind::delay_execution, .delay = 5s}});
    const sim::Answer waiting = scene.revoke(token);
    REQUIRE(waiting.landing.has_value());
    CHECK(scene.apple.in_the_air() == 1);
    CHECK(scene.apple.valid(token, scene.now.steady));
    scene.pass(5s);
    CHECK(scene.apple.land(*waiting.landing, scene.now).status == 200);
    CHECK_FALSE(scene.apple.valid(token, scene.now.steady));
    CHECK(scene.apple.ledger().back().effect == sim::IdentityEffect::ended_session);
}

TEST_CASE("a code is consumed though its answer was lost") {
    Scene scene;
    const std::string code = scene.apple.sign_in("alice", app, {}, "", scene.now).code;
    scene.apple.script({{.kind = FaultKind::lose_answer}});
    CHECK(scene.exchange(code).wire == Wire::reset);
    scene.apple.script({});
    CHECK(outcome(scene.exchange(code)) == "400 invalid_grant");
    CHECK(scene.apple.book().live("alice", app) == 1);
}

TEST_CASE("a clock that is ahead finds the secret expired, and says so by its Date") {
    Scene scene;
    scene.apple.script({{.kind = FaultKind::clock_offset, .delay = 2h}});
    const sim::Answer answer = scene.revoke("junk");
    CHECK(outcome(answer) == "400 invalid_client");
    CHECK(answer.date == scene.now.wall + 2h);
    CHECK(scene.apple.ledger().back().flaw == sim::TokenFlaw::expired);
}

TEST_CASE("the key set suffers outages too") {
    Scene scene;
    scene.apple.script({{.kind = FaultKind::fail, .path = "/auth/keys"}});
    CHECK(scene.get("/auth/keys").status == 503);
    CHECK(scene.revoke("junk").status == 200);
}
