#include "worker/core/schedule/breaker.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using core::Breaker;
using core::BreakerState;

namespace {

core::LaneKey lane(std::uint32_t number) {
    return {number, 1};
}
core::ObligationKey record(std::uint32_t number) {
    return {number, 1};
}

struct Hands {
    common::Prng random{1};
    common::Instant now{1h};
    Breaker breaker{core::BreakerSettings{}};

    bool fail(std::uint32_t who, bool free = false, bool probe = false, bool suspect = false) {
        return breaker.failed(
            {.record = record(who), .lane = lane(who), .free = free, .suspect = suspect, .probe = probe}, now,
            random);
    }
    void open() {
        for (std::uint32_t who = 0; breaker.state() == BreakerState::closed; ++who) {
            fail(who);
        }
    }
    void wait() { now = std::max(now, breaker.next_try()); }
    Breaker::Charged three_good_canaries() {
        Breaker::Charged charged;
        for (int i = 0; i < 3; ++i) {
            wait();
            REQUIRE(breaker.may_send(now) == Breaker::Sends::canary);
            breaker.canary_sent(now);
            charged = breaker.canary_answered(now);
        }
        return charged;
    }
};

}  // namespace

TEST_CASE("breaker: failures of several accounts open it, failures of one do not") {
    Hands one;
    for (int i = 0; i < 50; ++i) {
        CHECK_FALSE(one.fail(1));
    }
    Hands several;
    several.open();
    CHECK(several.breaker.state() == BreakerState::open);
    CHECK(several.breaker.may_send(several.now) == Breaker::Sends::nothing);
}

TEST_CASE("breaker: different accounts probe first, then the canary") {
    Hands hands;
    hands.open();
    for (std::uint32_t who : {100U, 101U}) {
        hands.wait();
        CHECK(hands.breaker.may_send(hands.now) == Breaker::Sends::one_command);
        hands.breaker.probe_sent();
        CHECK(hands.breaker.may_send(hands.now) == Breaker::Sends::nothing);
        hands.fail(who, false, true);
    }
    hands.wait();
    CHECK(hands.breaker.may_send(hands.now) == Breaker::Sends::canary);
}

TEST_CASE("breaker: what failed before a probe succeeded was an outage and costs nobody an attempt") {
    Hands hands;
    hands.open();
    hands.wait();
    hands.breaker.probe_sent();
    CHECK(hands.breaker.answered(lane(100), hands.now, true).empty());
    CHECK(hands.breaker.state() == BreakerState::closed);
    for (std::uint32_t who = 200; who < 230; ++who) {
        CHECK(hands.breaker.answered(lane(who), hands.now, false).empty());
    }
}

TEST_CASE("breaker: good canaries prove that the failures belong to the records") {
    Hands hands;
    hands.fail(1);
    CHECK(hands.three_good_canaries() == Breaker::Charged{record(1)});
}

TEST_CASE("breaker: a failed canary means an outage, also after two good ones") {
    Hands hands;
    hands.fail(1);
    for (int i = 0; i < 2; ++i) {
        hands.wait();
        hands.breaker.canary_sent(hands.now);
        CHECK(hands.breaker.canary_answered(hands.now).empty());
    }
    hands.wait();
    hands.breaker.canary_sent(hands.now);
    CHECK(hands.breaker.canary_failed(hands.now, hands.random));
    CHECK(hands.breaker.state() == BreakerState::open);
    hands.wait();
    hands.breaker.probe_sent();
    CHECK(hands.breaker.answered(lane(2), hands.now, true).empty());
}

TEST_CASE("breaker: another account's later success charges a failure, its own or an earlier one does not") {
    Hands hands;
    for (std::uint32_t who = 10; who < 20; ++who) {
        static_cast<void>(hands.breaker.answered(lane(who), hands.now, false));
    }
    const common::Instant before = hands.now;
    hands.now += 1s;
    hands.fail(1);
    CHECK(hands.breaker.answered(lane(2), before, false).empty());
    CHECK(hands.breaker.answered(lane(1), hands.now + 1s, false).empty());
    CHECK(hands.breaker.answered(lane(2), hands.now + 1s, false) == Breaker::Charged{record(1)});
}

TEST_CASE("breaker: what never reached Apple is never charged") {
    Hands hands;
    hands.fail(1, true);
    CHECK(hands.breaker.may_send(hands.now + 1h) == Breaker::Sends::commands);
    CHECK(hands.breaker.answered(lane(2), hands.now + 1s, false).empty());
}

// The demo's events held some per cent of values that Apple always fails. They were the only ones left to
// retry, so the breaker opened again after every round, and everybody else waited seconds for it.
TEST_CASE("breaker: records that failed by themselves before do not open it for the others") {
    Hands hands;
    for (std::uint32_t who = 0; who < 100; ++who) {
        CHECK_FALSE(hands.fail(who, false, false, true));
    }
    CHECK(hands.breaker.state() == BreakerState::closed);
    CHECK(hands.three_good_canaries().size() == 100);
}
