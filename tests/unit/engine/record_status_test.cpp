// Where one record stands, when somebody asks for it by its position.
#include <doctest/doctest.h>

#include "tests/unit/engine/rig.hpp"

using namespace rig;
using core::Barrier;
using core::Offset;
using core::RecordStage;

namespace {

core::RecordStatus at(const Rig& rig, Offset offset) {
    return rig.engine.record_status({{"events", 0}, offset}, rig.now);
}

core::LanePlace lane_of(const Rig& rig, Offset offset) {
    const core::RecordStatus status = at(rig, offset);
    REQUIRE(status.stage == RecordStage::queued);
    REQUIRE(status.lane);
    return *status.lane;
}

}  // namespace

TEST_CASE("a record is unread, in flight, about to be settled, settled and committed, in this order") {
    Rig rig;
    CHECK(rig.engine.record_status({{"events", 1}, Offset{0}}, rig.now).stage == RecordStage::elsewhere);
    CHECK(at(rig, Offset{0}).stage == RecordStage::unread);
    const Offset offset = rig.deliver("anna", "t1");
    rig.pass(250ms);
    const core::LanePlace lane = lane_of(rig, offset);
    CHECK(lane.ahead == 0);
    CHECK(lane.front == core::Position{{"events", 0}, offset});
    CHECK(lane.credential == "tv");
    CHECK(lane.in_flight_for == 250ms);
    CHECK(lane.attempts == 0);
    CHECK(lane.barriers.empty());
    rig.answer_oldest(204);
    CHECK(at(rig, offset).stage == RecordStage::storing);
    CHECK(at(rig, offset).committable == offset);
    rig.acknowledge_all_stores();
    CHECK(at(rig, offset).stage == RecordStage::settled);
    CHECK(at(rig, offset).committed == Offset{0});
    rig.pass(100ms);
    rig.acknowledge_commit();
    CHECK(at(rig, offset).committed == Offset{1});
}

TEST_CASE(
    "a record behind others of its account tells the first of them, its attempt and when it is repeated") {
    Rig rig;
    rig.deliver("bert", "b1");
    const Offset first = rig.deliver("anna", "a1");
    rig.deliver("anna", "a2");
    const Offset last = rig.deliver("anna", "a3");
    rig.answer_oldest(204);
    rig.answer_oldest(503);
    const core::LanePlace lane = lane_of(rig, last);
    CHECK(lane.ahead == 2);
    CHECK(lane.front == core::Position{{"events", 0}, first});
    CHECK(lane.attempts == 1);
    CHECK(lane.last_http_status == 503);
    CHECK_FALSE(lane.last_answer.empty());
    CHECK_FALSE(lane.in_flight_for);
    REQUIRE(lane.retry_in);
    CHECK(*lane.retry_in <= rig.engine.next_deadline() - rig.now.steady + 1s);
    CHECK(lane_of(rig, first).ahead == 0);
    rig.pass_in_steps(3s);
    REQUIRE_FALSE(rig.requests.empty());
    CHECK(lane_of(rig, last).in_flight_for.has_value());
}

TEST_CASE("a record that finished above an unfinished one is settled; one that is unfinished is not") {
    Rig rig;
    const Offset head = rig.deliver("anna", "a1");
    const Offset above = rig.deliver("bert", "b1");
    rig.answer(rig.requests.back().id, 204);
    rig.acknowledge_all_stores();
    CHECK(at(rig, above).stage == RecordStage::settled);
    CHECK(at(rig, head).stage == RecordStage::queued);
    CHECK(at(rig, head).committable == head);
}

TEST_CASE("what holds a command is told with its next try: a gate that Apple closed until a time") {
    Rig rig;
    const Offset offset = rig.deliver("anna", "a1");
    rig.answer(rig.take_request().id, core::Answer{.status = 429, .retry_after = "30"});
    rig.pass(10s);
    const core::LanePlace lane = lane_of(rig, offset);
    REQUIRE(lane.barriers.size() == 1);
    CHECK(lane.barriers[0].by == Barrier::By::gate);
    CHECK(lane.barriers[0].state == "closed");
    CHECK(lane.barriers[0].reason == "throttled");
    CHECK(lane.barriers[0].closed_for == 10s);
    CHECK(lane.barriers[0].next_try_in == 20s);
}

TEST_CASE("an open breaker and rejections of everything are told as what holds a command") {
    SUBCASE("breaker") {
        Rig rig;
        for (int i = 0; i < 12; ++i) {
            rig.deliver(fmt::format("p{}", i), fmt::format("t{}", i));
        }
        rig.answer_all(503);
        const core::LanePlace lane = lane_of(rig, Offset{0});
        REQUIRE(lane.barriers.size() == 1);
        CHECK(lane.barriers[0].by == Barrier::By::breaker);
        CHECK(lane.barriers[0].state == "open");
        CHECK(lane.barriers[0].next_try_in.has_value());
    }
    SUBCASE("acceptance") {
        Rig rig;
        for (int i = 0; i < 12; ++i) {
            rig.deliver(fmt::format("p{}", i), fmt::format("t{}", i));
        }
        rig.answer_all(400);
        const Offset held = rig.deliver("late", "t");
        const core::LanePlace lane = lane_of(rig, held);
        REQUIRE_FALSE(lane.barriers.empty());
        CHECK(lane.barriers[0].by == Barrier::By::acceptance);
        CHECK(lane.barriers[0].reason == "rejecting_everything");
    }
}

TEST_CASE("a record that was dropped with its partition is left to the next owner, not called settled") {
    Rig rig;
    const Offset flying = rig.deliver("anna", "a1");
    const Offset idle = rig.deliver("anna", "a2");
    rig.step(core::Revoked{{rig.epoch}, false});
    CHECK(at(rig, flying).stage == RecordStage::queued);
    CHECK(at(rig, idle).stage == RecordStage::let_go);
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    CHECK(at(rig, flying).stage == RecordStage::settled);
    CHECK(at(rig, idle).stage == RecordStage::let_go);
}

// An account's answer is awaited for an ownership that was lost; its next record must wait for it, and a
// question must not look for the record that is gone.
TEST_CASE("behind an answer that is awaited for a lost partition there is no front to tell") {
    Rig rig;
    rig.deliver("anna", "a1");
    rig.step(core::Revoked{{rig.epoch}, true});
    rig.assign();
    rig.next_offset = 0;
    const Offset again = rig.deliver("anna", "a1");
    const core::LanePlace lane = lane_of(rig, again);
    CHECK(lane.ahead == 1);
    CHECK_FALSE(lane.front);
    CHECK(lane.in_flight_for.has_value());
}
