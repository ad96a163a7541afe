// Partitions that leave, and what a full buffer does.
#include <doctest/doctest.h>

#include "tests/unit/engine/rig.hpp"

using namespace rig;

TEST_CASE("a revoked partition lets flights end, commits, and is let go") {
    auto with = settings();
    with.in_flight_max = 1;
    Rig rig{with};
    rig.deliver("anna", "a");
    rig.deliver("bert", "b");
    rig.step(core::Revoked{{rig.epoch}});
    CHECK(rig.released.empty());
    rig.answer_oldest(204);
    CHECK(rig.requests.empty());  // bert's is left to the next owner
    rig.acknowledge_all_stores();
    REQUIRE(rig.commit.has_value());
    CHECK(rig.commit->partitions.front().offset == core::Offset{1});
    CHECK(rig.released.empty());
    rig.acknowledge_commit();
    CHECK(rig.released == std::vector{rig.epoch});
}

// Against Apache Kafka every planned rebalance repeated the first commands of records that had several.
TEST_CASE("a record that has begun is ended when its partition leaves") {
    Rig rig;
    rig.deliver_text(
        "anna",
        R"({"specversion":"1.0","id":"e","source":"/a","type":"account.opted-out.v1","subject":"anna",
            "time":"2026-01-02T03:04:05Z","data":{"app":"tv","sign_in_tokens":[{"value":"x1"},{"value":"x2"}]}})");
    rig.step(core::DrainRequested{});
    rig.answer_oldest(204);
    CHECK(rig.released.empty());
    REQUIRE(rig.requests.size() == 1);
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    rig.acknowledge_commit();
    REQUIRE(rig.finish.has_value());
    CHECK(rig.finish->clean);
    CHECK(rig.committed->offset == core::Offset{1});
}

TEST_CASE("a retry is left to the next owner when the partition leaves") {
    Rig rig;
    rig.deliver("anna", "a");
    rig.step(core::Revoked{{rig.epoch}});
    rig.answer_oldest(503);
    CHECK(rig.released == std::vector{rig.epoch});
    CHECK(rig.status().records_buffered == 0);
}

TEST_CASE("a lost partition is let go at once; its account waits for the flight all the same") {
    Rig rig;
    rig.deliver("anna", "a1");
    rig.step(core::Revoked{{rig.epoch}, true});
    CHECK(rig.released == std::vector{rig.epoch});
    CHECK_FALSE(rig.commit.has_value());
    rig.next_offset = 0;
    rig.assign(0);
    rig.deliver("anna", "a1");
    CHECK(rig.requests.size() == 1);  // still the old attempt
    rig.answer_oldest(204);
    REQUIRE(rig.requests.size() == 1);
    rig.answer_oldest(404);
    rig.acknowledge_all_stores();
    rig.pass(1s);
    CHECK(rig.commit.has_value());
}

TEST_CASE("records of an older epoch are dropped") {
    Rig rig;
    const core::Epoch old = rig.epoch;
    rig.step(core::Revoked{{old}, true});
    rig.deliver("anna", "a");
    CHECK(rig.requests.empty());
    CHECK(rig.engine.stats().counters.records_of_old_epochs == 1);
}

TEST_CASE("a drain ends when flights ended and everything is committed") {
    Rig rig;
    rig.deliver("anna", "a");
    rig.step(core::DrainRequested{});
    CHECK_FALSE(rig.finish.has_value());
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    CHECK_FALSE(rig.finish.has_value());
    rig.acknowledge_commit();
    REQUIRE(rig.finish.has_value());
    CHECK(rig.finish->clean);
}

TEST_CASE("a drain ends at its bound with work under way, and says so") {
    Rig rig;
    rig.deliver("anna", "a");
    rig.step(core::DrainRequested{});
    rig.pass_in_steps(20s);
    REQUIRE(rig.finish.has_value());
    CHECK_FALSE(rig.finish->clean);
    // The answer that comes after the end finds nothing to do.
    rig.answer_oldest(204);
}

TEST_CASE("a commit that is refused while leaving is tried again until a coordinator takes it") {
    Rig rig;
    rig.deliver("anna", "a");
    rig.answer_oldest(204);
    rig.step(core::Revoked{{rig.epoch}});
    rig.acknowledge_all_stores();
    for (int i = 0; i < 5; ++i) {
        REQUIRE(rig.commit.has_value());
        rig.acknowledge_commit(false);
        CHECK_FALSE(rig.commit.has_value());  // not at once
        CHECK(rig.released.empty());
        rig.pass_in_steps(200ms);
    }
    rig.acknowledge_commit();
    CHECK(rig.released == std::vector{rig.epoch});
    CHECK(rig.committed->offset == core::Offset{1});
}

TEST_CASE("a refused commit is tried again, and not at once") {
    Rig rig;
    rig.deliver("anna", "a");
    rig.answer_oldest(204);
    rig.acknowledge_all_stores();
    rig.pass(200ms);
    rig.acknowledge_commit(false);
    rig.pass(200ms);
    CHECK_FALSE(rig.commit.has_value());
    rig.pass_in_steps(1s);
    CHECK(rig.commit.has_value());
}

// Simulation seeds 3017477 and 3018369: the group took a partition away while its commit was under way. The
// commit was fenced, and the wait that follows a refused commit held back those of the next ownership too: a
// crash within that second repeated everything it had finished.
TEST_CASE("a commit that was fenced does not hold back those of the next ownership") {
    struct Row {
        const char* because;
        bool answered_before_it_is_lost;
    };
    for (const Row& row : {Row{"the refusal comes first", true}, Row{"the loss comes first", false}}) {
        SUBCASE(row.because) {
            Rig rig;
            rig.deliver("anna", "a");
            rig.answer_oldest(204);
            rig.acknowledge_all_stores();
            rig.pass(200ms);
            if (row.answered_before_it_is_lost) {
                rig.acknowledge_commit(false);
            }
            rig.step(core::Revoked{{rig.epoch}, true});
            if (!row.answered_before_it_is_lost) {
                rig.acknowledge_commit(false);
            }
            rig.next_offset = 0;
            rig.assign(0);
            rig.deliver("anna", "a");
            rig.answer_oldest(404);
            rig.acknowledge_all_stores();
            rig.pass_in_steps(settings().commit_interval);
            CHECK(rig.commit.has_value());
        }
    }
}

TEST_CASE("a full buffer pauses the partition and an emptied one resumes it") {
    auto with = settings();
    with.records_buffered_max = 100;
    with.in_flight_max = 10;
    Rig rig{with};
    for (int i = 0; i < 100; ++i) {
        rig.deliver(fmt::format("p{}", i), fmt::format("t{}", i));
    }
    CHECK(rig.paused == 1);
    while (!rig.requests.empty()) {
        rig.answer_oldest(204);
        rig.acknowledge_all_stores();
    }
    CHECK(rig.resumed == 1);
}

// A review found it: one app's refused credential filled the shared buffer, and partitions that had been
// paused meanwhile were never resumed, so every other app stood still for ever.
TEST_CASE("records that are stuck behind one app's gate do not stop other partitions") {
    auto with = settings();
    with.credentials = {
        {.name = "stuck", .endpoint = core::EndpointId{0}}, {.name = "tv", .endpoint = core::EndpointId{0}}};
    with.rules.apps = {{"stuck", core::AppId{0}}, {"tv", core::AppId{1}}};
    with.records_buffered_max = 100;
    Rig rig{with};
    const core::Epoch stuck = rig.epoch;
    rig.assign();
    const core::Epoch healthy = rig.epoch;
    rig.paused_epochs.clear();
    std::int64_t stuck_offset = 0;
    std::int64_t healthy_offset = 0;
    int executed = 0;
    for (int round = 0; round < 400; ++round) {
        for (int i = 0; i < 10; ++i) {
            if (rig.paused_epochs.count(stuck) == 0) {
                rig.epoch = stuck;
                rig.next_offset = stuck_offset++;
                rig.deliver_text(
                    "s",
                    fmt::format(
                        R"({{"specversion":"1.0","id":"s","source":"/a","type":"account.opted-out.v1","subject":"s-{0}",)"
                        R"("time":"2026-01-02T03:04:05Z","data":{{"app":"stuck","sign_in_tokens":[{{"value":"stuck-{0}"}}]}}}})",
                        stuck_offset));
            }
            if (rig.paused_epochs.count(healthy) == 0) {
                rig.epoch = healthy;
                rig.next_offset = healthy_offset++;
                rig.deliver(fmt::format("p{}", healthy_offset), fmt::format("t{}", healthy_offset));
            }
        }
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            const bool refused = request.request.credential == core::CredentialId{0};
            executed += refused ? 0 : 1;
            rig.answer(request.id, refused ? 401 : 204);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.paused_epochs.count(stuck) == 1);
    CHECK(executed > 3900);
    CHECK(rig.status().records_buffered <= 100);
}

TEST_CASE("one record that fails while all behind it is finished is given up when it holds a full window") {
    auto with = settings();
    with.span_max = 100;
    with.attempts_max = 1000;
    Rig rig{with};
    for (int i = 0; i < 100; ++i) {
        rig.deliver(i == 0 ? "bad" : fmt::format("p{}", i), i == 0 ? "poison" : fmt::format("t{}", i));
    }
    for (int round = 0; round < 500 && rig.dead_letters() == 0; ++round) {
        while (!rig.requests.empty()) {
            const auto request = rig.take_request();
            rig.answer(request.id, body(request).find("poison") != std::string::npos ? 500 : 204);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.dead_letters() == 1);
    CHECK(rig.engine.stats().counters.heads_given_up == 1);
}

// Found by review: the exit code said "committed".
TEST_CASE("a drain whose last commit the broker does not take is not clean") {
    for (const bool answered : {false, true}) {
        CAPTURE(answered);
        Rig rig;
        rig.deliver("account-1", "token-1");
        rig.answer_oldest(204);
        rig.acknowledge_all_stores();
        rig.step(core::DrainRequested{});
        for (int second = 0; second < 60 && !rig.finish; ++second) {
            if (answered && rig.commit) {
                rig.acknowledge_commit(false);
            }
            rig.pass_in_steps(1s);
        }
        REQUIRE(rig.finish.has_value());
        CHECK_FALSE(rig.finish->clean);
    }
}
