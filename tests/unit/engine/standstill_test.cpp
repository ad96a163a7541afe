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

// Two partitions, one of which is kept busy: every ten seconds a record of it is executed.
class Busy {
public:
    explicit Busy(rig::Rig& with) : rig_{with} {
        rig_.epoch = core::Epoch{rig_.epoch.value + 1};
        rig_.step(core::Assigned{rig_.epoch, {"events", 1}, core::Offset{0}, {}});
        rig_.next_offset = 1'000;
    }

    // `kafka` acknowledges what shall be.
    template <class Kafka>
    void go_on(common::Duration time, Kafka kafka) {
        for (common::Duration left = time; left > 0s; left -= 10s) {
            rig_.deliver(fmt::format("busy-{}", rig_.next_offset), fmt::format("busy-{}", rig_.next_offset));
            rig_.answer_all(204);
            kafka();
            rig_.pass_in_steps(10s);
            kafka();
        }
    }

    // All stores but the first that there is.
    void acknowledge_all_but_one() {
        core::Store kept = std::move(rig_.stores.front());
        rig_.stores.pop_front();
        rig_.acknowledge_all_stores();
        rig_.stores.push_back(std::move(kept));
    }

    void acknowledge_commit() {
        if (rig_.commit) {
            rig_.acknowledge_commit();
        }
    }

private:
    rig::Rig& rig_;
};

std::string partition_told(const rig::Rig& rig) {
    return rig::field_of(*rig::line_of(rig, "standstill"), "partition");
}

}  // namespace

TEST_CASE("a broker that acknowledges nothing is told as a standstill, once, with what is outstanding") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.answer_oldest(204);
    REQUIRE(rig.stores.size() == 1);
    rig.pass_in_steps(119s);
    CHECK(told(rig) == 0);
    CHECK_FALSE(rig.status().standstill.has_value());
    rig.pass_in_steps(2s);
    CHECK(told(rig) == 1);
    CHECK(rig.status().standstill.value().lasts >= 120s);
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
    CHECK_FALSE(rig.status().standstill.has_value());
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

// One clock for the whole worker was put back by every record of any partition, so nothing ever stood still
// on a busy worker.
TEST_CASE("a partition whose receipt is never acknowledged stands still, however busy the others are") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.answer_oldest(204);
    REQUIRE(rig.stores.size() == 1);
    Busy busy{rig};
    const auto all_but_one = [&] {
        busy.acknowledge_all_but_one();
        busy.acknowledge_commit();
    };
    busy.go_on(110s, all_but_one);
    CHECK(told(rig) == 0);
    CHECK_FALSE(rig.status().standstill.has_value());
    busy.go_on(60s, all_but_one);
    REQUIRE(told(rig) == 1);
    CHECK(partition_told(rig) == "events/0");
    CHECK(rig.status().standstill.value().partition == core::TopicPartition{"events", 0});
    CHECK(rig.status().standstill.value().lasts >= 160s);
    CHECK_FALSE(rig.status().standstill.value().refused);
    busy.go_on(10min, all_but_one);
    CHECK(told(rig) == 1);

    rig.acknowledge_all_stores();
    CHECK_FALSE(rig.status().standstill.has_value());
    busy.go_on(10min, [&] {
        rig.acknowledge_all_stores();
        busy.acknowledge_commit();
    });
    CHECK(told(rig) == 1);
}

TEST_CASE("one whose receipt is refused again and again is told, and told apart") {
    rig::Rig rig;
    rig.deliver("account-1", "token-1");
    rig.answer_oldest(204);
    const core::StoreId refused = rig.stores.front().id;
    Busy busy{rig};
    busy.go_on(170s, [&] {
        std::deque<core::Store> taken;
        taken.swap(rig.stores);
        for (const core::Store& store : taken) {
            const bool again = store.id == refused;
            rig.step(core::StoreEnded{
                store.id, again ? core::StoreResult::failed : core::StoreResult::acknowledged, "ERR"});
        }
        busy.acknowledge_commit();
    });
    REQUIRE(told(rig) == 1);
    CHECK(rig.status().standstill.value().refused);
    CHECK(partition_told(rig) == "events/0");
}

TEST_CASE("a commit that never ends is a standstill while records come and are executed") {
    rig::Rig rig;
    Busy busy{rig};
    busy.go_on(170s, [&] { rig.acknowledge_all_stores(); });
    REQUIRE(told(rig) == 1);
    CHECK(partition_told(rig) == "events/1");
    CHECK_FALSE(rig.status().standstill.value().refused);
    rig.acknowledge_commit();
    CHECK_FALSE(rig.status().standstill.has_value());
}

// A false alarm restarts a healthy worker, which is worse than one that comes late.
TEST_CASE("a partition that waits for what moves does not stand still") {
    core::Settings settings = rig::settings();
    SUBCASE("its commits are acknowledged, and more is always to be committed") {
        rig::Rig rig{settings};
        Busy busy{rig};
        busy.go_on(10min, [&] {
            rig.acknowledge_all_stores();
            busy.acknowledge_commit();
        });
        CHECK(told(rig) == 0);
    }
    SUBCASE("its records wait for a retry an hour away, while the other partition moves") {
        rig::Rig rig{settings};
        rig.deliver("account-1", "token-1");
        rig.answer(rig.take_request().id, core::Answer{.status = 503, .retry_after = "3600"});
        rig.deliver("account-1", "token-2");
        Busy busy{rig};
        busy.go_on(10min, [&] {
            rig.answer_all(204);
            rig.acknowledge_all_stores();
            busy.acknowledge_commit();
        });
        CHECK(rig.status().records_buffered == 2);
        CHECK(told(rig) == 0);
    }
    SUBCASE("its receipt was refused once, and waits behind a long queue of others") {
        settings.stores_in_flight_max = 1;
        rig::Rig rig{settings};
        rig.deliver("account-1", "token-1");
        rig.answer_oldest(204);
        Busy busy{rig};
        for (int record = 0; record < 40; ++record) {
            rig.deliver(fmt::format("busy-{}", record), fmt::format("busy-{}", record));
        }
        rig.answer_all(204);
        rig.acknowledge_stores(core::StoreResult::failed);
        while (!rig.stores.empty()) {
            rig.pass_in_steps(10s);
            rig.acknowledge_stores();
            busy.acknowledge_commit();
        }
        CHECK(rig.status().records_buffered == 0);
        CHECK(told(rig) == 0);
    }
    SUBCASE("the brokers were away for an hour, and acknowledge one thing after the other") {
        rig::Rig rig{settings};
        rig.deliver("account-1", "token-1");
        rig.deliver("account-2", "token-2");
        rig.answer_all(204);
        Busy busy{rig};
        REQUIRE(rig.stores.size() == 2);
        rig.pass_in_steps(1h);
        CHECK(told(rig) == 1);
        const core::StoreId first = rig.stores.front().id;
        rig.stores.pop_front();
        rig.step(core::StoreEnded{first, core::StoreResult::acknowledged, {}});
        CHECK_FALSE(rig.status().standstill.has_value());
        rig.pass_in_steps(1s);
        busy.acknowledge_commit();
        rig.pass_in_steps(100s);
        CHECK(told(rig) == 1);
    }
    SUBCASE("the process was stopped meanwhile") {
        rig::Rig rig{settings};
        rig.deliver("account-1", "token-1");
        rig.answer_oldest(204);
        Busy busy{rig};
        rig.pass(1h);
        CHECK(told(rig) == 0);
        CHECK_FALSE(rig.status().standstill.has_value());
    }
    SUBCASE("it leaves, which has a bound of its own") {
        settings.drain_timeout = 1h;
        rig::Rig rig{settings};
        const core::Epoch leaving = rig.epoch;
        rig.deliver("account-1", "token-1");
        rig.answer_oldest(204);
        Busy busy{rig};
        rig.step(core::Revoked{{leaving}, false});
        busy.go_on(10min, [&] {
            busy.acknowledge_all_but_one();
            busy.acknowledge_commit();
        });
        CHECK(told(rig) == 0);
    }
}
