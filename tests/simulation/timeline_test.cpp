#include <doctest/doctest.h>

#include <vector>

#include "worker/sim/world/choices.hpp"
#include "worker/sim/world/timeline.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

TEST_CASE("happenings run in the order of their times, and of their announcement when those are equal") {
    Timeline timeline;
    std::vector<int> ran;
    timeline.after(2s, [&] { ran.push_back(3); });
    timeline.after(1s, [&] {
        ran.push_back(1);
        timeline.after(1s, [&] { ran.push_back(4); });
    });
    timeline.after(1s, [&] { ran.push_back(2); });
    const common::Instant start = timeline.now().steady;
    while (timeline.next() != common::never) {
        timeline.run_next();
    }
    CHECK(ran == std::vector<int>{1, 2, 3, 4});
    CHECK(timeline.now().steady == start + 2s);
}

TEST_CASE("what is announced for the past happens now, and time never goes back") {
    Timeline timeline;
    timeline.advance_to(timeline.now().steady + 5s);
    const common::Instant before = timeline.now().steady;
    timeline.at(before - 1s, [] {});
    timeline.run_next();
    CHECK(timeline.now().steady == before);
}

TEST_CASE("the wall clock keeps pace with steady time below its own precision, and jumps alone") {
    Timeline timeline;
    const common::Now start = timeline.now();
    for (int step = 0; step < 10; ++step) {
        timeline.advance_to(timeline.now().steady + 250us);
    }
    CHECK(timeline.now().wall - start.wall == 2ms);
    timeline.jump_wall(-1h);
    CHECK(timeline.now().wall - start.wall == 2ms - 1h);
    CHECK(timeline.now().steady - start.steady == 2500us);
}

TEST_CASE("draws stay within their bounds, both included") {
    Choices choices{7};
    bool least = false;
    bool most = false;
    for (int draw = 0; draw < 200; ++draw) {
        const std::size_t number = choices.between(std::size_t{3}, std::size_t{5});
        CHECK(number >= 3);
        CHECK(number <= 5);
        least = least || number == 3;
        most = most || number == 5;
        CHECK(choices.skewed(1ms, 10ms) <= 10ms);
        CHECK(choices.skewed(1ms, 10ms) >= 1ms);
    }
    CHECK(least);
    CHECK(most);
}

}  // namespace
}  // namespace sim
