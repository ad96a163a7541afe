// Work that rests without a reason is told once; work that is held on purpose, or none, never.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/engine/rig.hpp"

namespace {

using namespace std::chrono_literals;

std::size_t told(const rig::Rig& rig) {
    return static_cast<std::size_t>(std::count_if(
        rig.said.begin(), rig.said.end(), [](const core::Say& line) { return line.event == "standstill"; }));
}

}  // namespace

TEST_CASE("a broker that acknowledges nothing is told as a standstill, once, with what is outstanding") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.answer_oldest(204);
    REQUIRE(rig.stores.size() == 1);
    rig.pass_in_steps(119s);
    CHECK(told(rig) == 0);
    CHECK_FALSE(rig.status().stands_still_for.has_value());
    rig.pass_in_steps(2s);
    CHECK(told(rig) == 1);
    CHECK(rig.status().stands_still_for.value() >= 120s);
    const core::Say& line = rig.said.back();
    CHECK(line.severity == core::Severity::error);
    CHECK(
        std::find(
            line.fields.begin(), line.fields.end(),
            std::pair<std::string_view, std::string>{"stores_in_flight", "1"}) != line.fields.end());
    rig.pass_in_steps(10min);
    CHECK(told(rig) == 1);
    CHECK(rig.engine.stats().counters.standstills == 1);

    rig.acknowledge_all_stores();
    CHECK_FALSE(rig.status().stands_still_for.has_value());
    rig.acknowledge_commit();
    rig.pass_in_steps(10min);
    CHECK(told(rig) == 1);
}

TEST_CASE("a commit that never ends is a standstill") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    rig.pass_in_steps(1s);
    REQUIRE(rig.commit.has_value());
    rig.pass_in_steps(3min);
    CHECK(told(rig) == 1);
}

TEST_CASE("an answer that never comes is a standstill") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.pass_in_steps(3min);
    CHECK(told(rig) == 1);
}

TEST_CASE("what is held on purpose does not stand still") {
    rig::Rig rig;
    SUBCASE("nothing to do at all") {}
    SUBCASE("a refused credential") {
        rig.deliver("account-1", "token-1");
        rig.answer_oldest(401);
        for (int minute = 0; minute < 30; ++minute) {
            rig.pass_in_steps(1min);
            rig.answer_all(401);
        }
    }
    SUBCASE("an hour of Retry-After") {
        rig.deliver("account-1", "token-1");
        rig.answer(rig.take_request().id, core::Answer{.status = 429, .retry_after = "3600"});
        rig.pass_in_steps(59min);
    }
    rig.pass_in_steps(30s);
    CHECK(told(rig) == 0);
    CHECK(rig.engine.stats().counters.standstills == 0);
}

TEST_CASE("a process that was stopped does not blame its work") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.pass(1h);
    CHECK(told(rig) == 0);
    rig.pass_in_steps(3min);
    CHECK(told(rig) == 1);
}
