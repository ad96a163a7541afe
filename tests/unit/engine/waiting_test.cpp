// What the oldest event that is not executed waits for, as the status tells it.
#include <doctest/doctest.h>

#include "tests/unit/engine/rig.hpp"

using namespace rig;
using core::Wait;

namespace {

// What somebody waits for, in the order of core::wait_kinds; with how long when it is asked for.
std::string waiting(const Rig& rig) {
    const core::Status status = rig.status();
    std::string text;
    for (const Wait wait : core::wait_kinds) {
        if (const auto& oldest = status.oldest_by_wait.at(static_cast<std::size_t>(wait))) {
            CHECK(*oldest <= *status.oldest_unexecuted);
            text += fmt::format(
                "{}{} {:.0f} s", text.empty() ? "" : ", ", core::wait_name(wait), common::seconds(*oldest));
        }
    }
    return text;
}

}  // namespace

TEST_CASE("the oldest event is told by what it waits for") {
    Rig rig;
    CHECK(waiting(rig).empty());
    SUBCASE("Apple's answer, and behind it the account's next one its turn") {
        rig.deliver("anna", "a1");
        rig.deliver("anna", "a2");
        rig.pass(2s);
        CHECK(waiting(rig) == "queued 2 s, in_flight 2 s");
        rig.answer_oldest(204);
        CHECK(waiting(rig) == "in_flight 2 s");
        rig.answer_oldest(204);
        CHECK(waiting(rig).empty());
    }
    SUBCASE("a retry") {
        rig.deliver("anna", "a1");
        rig.answer_oldest(503);
        CHECK(waiting(rig) == "retrying 0 s");
        rig.pass_in_steps(3s);
        CHECK(waiting(rig) == "in_flight 3 s");
    }
    SUBCASE("a closed gate, whatever happened before") {
        rig.deliver("anna", "a1");
        rig.deliver("bert", "b1");
        rig.answer_all(429);
        CHECK(waiting(rig) == "held 0 s");
    }
    SUBCASE("the acknowledgement of its dead letter") {
        rig.deliver_text("anna", "no event");
        CHECK(waiting(rig) == "storing 0 s");
        rig.acknowledge_all_stores();
        CHECK(waiting(rig).empty());
    }
}
