#include "worker/core/schedule/gate.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using core::Gate;
using core::GateReason;
using core::GateState;

namespace {

struct Hands {
    common::Prng random{1};
    common::Now now{common::Instant{1h}, common::WallTime{}};
    Gate gate{{{1s, 30s}, {1s, 60s}}};

    // Sends one command and gives the term that its flight would remember.
    Gate::Term send() {
        REQUIRE(gate.lets_through(now.steady));
        gate.probe_sent();
        return gate.term();
    }
};

}  // namespace

TEST_CASE("gate: the first refusal is tried again at once, the next ones wait") {
    Hands hands;
    CHECK(hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random));
    CHECK(hands.gate.lets_through(hands.now.steady));
    CHECK(hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random));
    CHECK_FALSE(hands.gate.lets_through(hands.now.steady));
    CHECK(hands.gate.next_try() > hands.now.steady);
    CHECK(hands.gate.next_try() <= hands.now.steady + 30s);
}

TEST_CASE("gate: one probe at a time") {
    Hands hands;
    hands.gate.throttled(hands.send(), hands.now, 5s, hands.random);
    hands.now.steady += 5s;
    hands.send();
    CHECK(hands.gate.state() == GateState::probing);
    CHECK_FALSE(hands.gate.lets_through(hands.now.steady + 1h));
}

TEST_CASE("gate: a success that was sent before it closed does not open it") {
    Hands hands;
    const Gate::Term before = hands.send();
    hands.gate.throttled(hands.send(), hands.now, 5s, hands.random);
    CHECK_FALSE(hands.gate.processed(before));
    CHECK(hands.gate.state() == GateState::closed);
    hands.now.steady += 5s;
    CHECK(hands.gate.processed(hands.send()));
    CHECK(hands.gate.state() == GateState::open);
}

TEST_CASE("gate: a refusal that was sent before it opened does not close it") {
    Hands hands;
    const Gate::Term old = hands.send();
    hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random);
    CHECK(hands.gate.processed(hands.send()));
    CHECK_FALSE(hands.gate.refused(old, hands.now, GateReason::credential_refused, hands.random));
    CHECK(hands.gate.lets_through(hands.now.steady));
}

TEST_CASE("gate: a Retry-After binds whoever brings it, also after the gate opened") {
    Hands hands;
    const Gate::Term old = hands.send();
    hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random);
    const Gate::Term probe = hands.send();
    hands.gate.throttled(old, hands.now, 10s, hands.random);
    CHECK(hands.gate.processed(probe));
    CHECK_FALSE(hands.gate.lets_through(hands.now.steady + 9s));
    CHECK(hands.gate.lets_through(hands.now.steady + 10s));
}

TEST_CASE("gate: a 429 that does not say how long waits longer each time") {
    Hands hands;
    common::Duration longest{};
    for (int round = 0; round < 20; ++round) {
        hands.gate.throttled(hands.send(), hands.now, std::nullopt, hands.random);
        longest = std::max(longest, hands.gate.next_try() - hands.now.steady);
        CHECK(hands.gate.next_try() > hands.now.steady);
        hands.now.steady = hands.gate.next_try();
    }
    CHECK(longest > 10s);
    CHECK(longest <= 60s);
}

TEST_CASE("gate: new key files are worth a probe, but not before the time that Apple named") {
    Hands hands;
    hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random);
    hands.gate.refused(hands.send(), hands.now, GateReason::credential_refused, hands.random);
    hands.gate.probe_now(hands.now);
    CHECK(hands.gate.lets_through(hands.now.steady));
    hands.gate.throttled(hands.send(), hands.now, 10s, hands.random);
    hands.gate.probe_now(hands.now);
    CHECK_FALSE(hands.gate.lets_through(hands.now.steady));
}

TEST_CASE("gate: a probe that tells nothing is followed by another one") {
    Hands hands;
    hands.gate.throttled(hands.send(), hands.now, 1s, hands.random);
    hands.now.steady += 1s;
    hands.send();
    hands.gate.probe_told_nothing(hands.now, hands.random);
    CHECK(hands.gate.state() == GateState::closed);
    CHECK(hands.gate.next_try() <= hands.now.steady + 1s);
}
