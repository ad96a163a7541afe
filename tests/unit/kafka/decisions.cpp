// The adapter's decisions that need no broker: what an error means, where a partition starts, whose it is.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <set>

#include "worker/adapters/kafka/fault.hpp"
#include "worker/adapters/kafka/ownership.hpp"
#include "worker/adapters/kafka/position.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/adapters/kafka/statistics.hpp"

using namespace kafka;
using namespace std::chrono_literals;
using core::Offset;

namespace {

struct Lines final : ports::Journal {
    [[nodiscard]] bool wants(core::Severity) const override { return true; }
    void write(const core::Say& line) override { lines.push_back(line); }
    std::vector<core::Say> lines;
};

constexpr common::Instant start{};

}  // namespace

TEST_CASE("fault_of: whose fault an error is, and how loud") {
    struct Row {
        const char* because;
        int code;
        FaultKind kind;
        core::Severity severity;
    };
    using core::Severity;
    const Row rows[] = {
        {"one connection may drop", RD_KAFKA_RESP_ERR__TRANSPORT, FaultKind::unreachable, Severity::warning},
        {"no broker at all", RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, FaultKind::unreachable, Severity::error},
        {"a wrong name", RD_KAFKA_RESP_ERR__RESOLVE, FaultKind::unreachable, Severity::warning},
        {"a wrong password", RD_KAFKA_RESP_ERR__AUTHENTICATION, FaultKind::authentication, Severity::error},
        {"a wrong CA", RD_KAFKA_RESP_ERR__SSL, FaultKind::tls, Severity::error},
        {"no such topic", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, FaultKind::unknown_topic, Severity::error},
        {"no Read on the group", RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, FaultKind::no_group_right,
         Severity::error},
        {"no Read on the topic", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, FaultKind::no_topic_right,
         Severity::error},
        {"no Write at all", RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, FaultKind::no_cluster_right,
         Severity::error},
        {"retention passed us", RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, FaultKind::offset_out_of_range,
         Severity::error},
        {"a twin", RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, FaultKind::fenced, Severity::error},
        {"the loop stood still", RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, FaultKind::poll_exceeded,
         Severity::error},
        {"a commit in a rebalance", RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, FaultKind::commit_refused,
         Severity::warning},
        {"the coordinator died and there is no other one yet", RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
         FaultKind::commit_refused, Severity::warning},
        {"the other coordinator has not read the group yet", RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
         FaultKind::commit_refused, Severity::warning},
        {"anything else", RD_KAFKA_RESP_ERR_INVALID_RECORD, FaultKind::other, Severity::warning},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(fault_of(row.code).kind == row.kind);
            CHECK(fault_of(row.code).severity == row.severity);
            CHECK_FALSE(fault_of(row.code).remedy.empty());
            CHECK(fault_of(row.code).event.substr(0, 6) == "kafka_");
        }
    }
}

TEST_CASE("is_about: librdkafka's text names the partition it misses, and no other one") {
    struct Row {
        const char* because;
        const char* text;
        bool about_it;
    };
    const Row rows[] = {
        {"as librdkafka 2.0.2 words it",
         "events [3]: Fetch from broker 1 failed: Broker: Unknown topic or partition "
         "(UNKNOWN_TOPIC_OR_PART)",
         true},
        {"another partition", "events [4]: Fetch from broker 1 failed", false},
        {"a partition whose number begins like it", "events [33]: Fetch from broker 1 failed", false},
        {"a topic that begins like it", "events-v2 [3]: Fetch from broker 1 failed", false},
        {"a topic that ends like it", "other.events [3]: Fetch from broker 1 failed", false},
        {"no partition", "events: Broker: Unknown topic or partition", false},
        {"other words, which are told as a warning", "events[3]: Fetch from broker 1 failed", false},
        {"the name is not in front", "Fetch failed for events [3]: unknown", false},
        {"nothing", "", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(is_about({"events", 3}, row.text) == row.about_it);
        }
    }
}

TEST_CASE("remedy_at: a missing right is named with the topic or group it is missing on") {
    struct Row {
        const char* because;
        Site site;
        int code;
        std::string_view grant;  // in the remedy
    };
    constexpr int no_topic = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    const Row rows[] = {
        {"the consumer reads its topics",
         {true, "workers", "events[3]"},
         no_topic,
         "Grant Read on topic events to"},
        {"the producer writes its topics",
         {false, "", "events.dead-letters"},
         no_topic,
         "Grant Write on topic events.dead-letters to"},
        {"a commit concerns no topic in particular",
         {true, "workers", "commit"},
         no_topic,
         "Grant Read and Describe on source topics"},
        {"the group is known",
         {true, "workers", ""},
         RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
         "Grant Read on consumer group workers to"},
        {"another process took the place",
         {.consumer = true, .group = "workers"},
         RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
         "give every replica its own"},
        {"a commit of a session that had run out",
         {.consumer = true, .group = "workers", .subject = "commit", .session_ended = true},
         RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
         "The session had run out"},
        {"other remedies stay",
         {false, "", "letters"},
         RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
         "(or IdempotentWrite on the cluster)"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const std::string remedy = remedy_at(row.site, fault_of(row.code));
            INFO(remedy);
            CHECK(remedy.find(row.grant) != std::string::npos);
        }
    }
}

TEST_CASE("kind_name: every kind has a name of its own") {
    std::set<std::string_view> names;
    for (const FaultKind kind : fault_kinds) {
        names.insert(kind_name(kind));
    }
    CHECK(names.size() == fault_kinds.size());
    CHECK(kind_name(FaultKind::other) == "other");
}

TEST_CASE("Reporter: a lasting fault is told once a minute and counted every time") {
    Lines journal;
    Reporter reporter{"consumer", journal};
    for (auto at = 0s; at < 120s; at += 1s) {
        reporter.fault(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "", "1/1 brokers are down", start + at);
    }
    reporter.fault(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "events[1]", "denied", start + 1s);
    reporter.fault(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "events[2]", "denied", start + 1s);
    CHECK(journal.lines.size() == 4);
    CHECK(reporter.stats().faults[static_cast<std::size_t>(FaultKind::unreachable)] == 120);
    CHECK_FALSE(reporter.fatal());
}

TEST_CASE("Reporter: brokers that were away too long are not taken for a second process") {
    for (const bool joined_again : {false, true}) {
        Lines journal;
        Reporter reporter{"consumer", journal};
        reporter.set_session_ended(true);
        if (joined_again) {
            reporter.set_session_ended(false);
        }
        reporter.fatal(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "OffsetCommit failed");
        REQUIRE(reporter.fatal());
        CHECK(
            (reporter.fatal()->message.find("The session had run out") == std::string::npos) == joined_again);
    }
}

TEST_CASE("Reporter: the first fatal fault stays, with its remedy") {
    Lines journal;
    Reporter reporter{"consumer", journal};
    reporter.fatal(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "fenced by another member");
    reporter.fatal(RD_KAFKA_RESP_ERR_UNKNOWN, "and more");
    REQUIRE(reporter.fatal());
    CHECK(reporter.fatal()->kind == FaultKind::fenced);
    CHECK(reporter.fatal()->message.find("group.instance.id") != std::string::npos);
    CHECK(journal.lines.size() == 1);
}

TEST_CASE("choose_position: where a partition starts") {
    struct Row {
        const char* because;
        Known known;
        OffsetReset reset;
        Position want;
    };
    const Known::Range range{Offset{10}, Offset{20}};
    const auto at = [](std::int64_t next, std::string metadata, bool reset, bool beginning) {
        return Position{{"events", 1}, Offset{next}, std::move(metadata), beginning, {}, reset};
    };
    const Position held{{"events", 1}, {}, {}, false, "held", false};
    const Row rows[] = {
        {"where the last owner stopped",
         {Offset{12}, "map", range},
         OffsetReset::error,
         at(12, "map", false, false)},
        {"at the very end", {Offset{20}, "map", range}, OffsetReset::error, at(20, "map", false, false)},
        {"trusted when the leader is silent",
         {Offset{7}, "map", {}},
         OffsetReset::error,
         at(7, "map", false, false)},
        {"a new group reads everything", {{}, "", range}, OffsetReset::earliest, at(10, "", false, false)},
        {"also without an answer", {{}, "", {}}, OffsetReset::earliest, at(0, "", false, true)},
        {"retention passed us", {Offset{9}, "map", range}, OffsetReset::earliest, at(10, "", true, false)},
        {"the topic was made anew",
         {Offset{21}, "map", range},
         OffsetReset::earliest,
         at(10, "", true, false)},
        {"held when told so: new", {{}, "", range}, OffsetReset::error, held},
        {"held when told so: out of range", {Offset{9}, "map", range}, OffsetReset::error, held},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Position got = choose_position({"events", 1}, row.known, row.reset);
            CHECK(got.held.empty() == row.want.held.empty());
            CHECK(got.next == row.want.next);
            CHECK(got.metadata == row.want.metadata);
            CHECK(got.reset == row.want.reset);
            CHECK(got.from_beginning == row.want.from_beginning);
        }
    }
}

TEST_CASE("Ownerships: an epoch is never used twice and a revoked partition takes no records") {
    Ownerships owned;
    const core::TopicPartition one{"events", 1};
    const core::Epoch first = owned.grant(one, Offset{5});
    CHECK(owned.receiver("events", 1, Offset{5}) == first);
    CHECK_FALSE(owned.receiver("events", 0, Offset{5}));
    CHECK_FALSE(owned.receiver("events", 2, Offset{5}));
    CHECK_FALSE(owned.receiver("others", 1, Offset{5}));
    owned.revoking(first);
    CHECK_FALSE(owned.receiver("events", 1, Offset{6}));
    CHECK(owned.find(one) == first);
    owned.end(first);
    CHECK(owned.find(first) == nullptr);
    const core::Epoch second = owned.grant(one, Offset{5});
    const core::Epoch third = owned.grant(one, Offset{5});
    CHECK(third > second);
    CHECK(second > first);
    CHECK(owned.epochs() == std::vector{third});
}

TEST_CASE("Ownerships: within an epoch no record is received twice, and holes are none of its business") {
    Ownerships owned;
    const core::TopicPartition one{"events", 1};
    const core::Epoch epoch = owned.grant(one, Offset{RD_KAFKA_OFFSET_BEGINNING});
    CHECK(owned.position(one) == Offset{RD_KAFKA_OFFSET_BEGINNING});
    CHECK(owned.receiver("events", 1, Offset{7}) == epoch);
    CHECK(owned.position(one) == Offset{8});
    CHECK_FALSE(owned.receiver("events", 1, Offset{7}));
    CHECK(owned.receiver("events", 1, Offset{9}) == epoch);
    CHECK(owned.position(one) == Offset{10});
    CHECK(owned.receiver("events", 1, Offset{10}) == epoch);
}

TEST_CASE("parse_statistics: lag and brokers, and nothing from damaged text") {
    const Snapshot snapshot = parse_statistics(R"({"type": "consumer",
        "brokers": {"a:1/bootstrap": {"nodeid": -1, "nodename": "a:1", "state": "UP"},
                    "a:1/1": {"nodeid": 1, "nodename": "a:1", "state": "UP"},
                    "b:1/2": {"nodeid": 2, "nodename": "b:1", "state": "DOWN"},
                    "GroupCoordinator": {"nodeid": 1, "nodename": "a:1", "state": "UP", "source": "logical"}},
        "topics": {"events": {"partitions": {
            "0": {"partition": 0, "fetch_state": "active", "consumer_lag": 5},
            "1": {"partition": 1, "fetch_state": "active", "consumer_lag": -1},
            "2": {"partition": 2, "fetch_state": "none", "consumer_lag": 5},
            "-1": {"partition": -1}}}}})");
    CHECK_FALSE(snapshot.silence);
    REQUIRE(snapshot.brokers.size() == 2);
    CHECK(snapshot.brokers[0].up);
    CHECK_FALSE(snapshot.brokers[1].up);
    REQUIRE(snapshot.partitions.size() == 2);
    CHECK(snapshot.partitions[0].lag == 5);
    CHECK_FALSE(snapshot.partitions[1].lag);
    for (const char* damaged : {"", "{", "[]", "7", R"({"brokers": 1, "topics": {"t": 1}})"}) {
        CHECK(parse_statistics(damaged).partitions.empty());
        CHECK(parse_statistics(damaged).brokers.empty());
    }
}

// After the last broker had died /readyz said "ready" for ever, and before the first statistics it said that
// no broker had been reached although the group had been joined.
TEST_CASE("Reporter: contact is lost with the last connection or after a long silence, and comes back") {
    Lines lines;
    Reporter reporter{"consumer", lines};
    const auto statistics = [&](std::string_view state, long idle_us) {
        reporter.statistics(parse_statistics(fmt::format(
            R"({{"type": "consumer", "brokers": {{"a:1/1": {{"nodeid": 1, "nodename": "a:1", "state": "{}",
                "rxidle": {}}}, "GroupCoordinator": {{"nodeid": 1, "nodename": "a:1", "state": "DOWN",
                "rxidle": 7, "source": "logical"}}}}}})",
            state, idle_us)));
        return reporter.stats().contact;
    };
    constexpr int all_down = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    CHECK(reporter.stats().contact == Contact::none_yet);
    reporter.fault(all_down, "", "1/1 brokers are down", start);
    CHECK(reporter.stats().contact == Contact::none_yet);
    CHECK(statistics("TRY_CONNECT", 100) == Contact::none_yet);
    reporter.heard();
    CHECK(reporter.stats().contact == Contact::reached);
    CHECK(statistics("UP", 400'000) == Contact::reached);
    CHECK(reporter.stats().snapshot.brokers.at(0).up);
    reporter.fault(all_down, "", "1/1 brokers are down", start);
    CHECK(reporter.stats().contact == Contact::lost);
    CHECK_FALSE(reporter.stats().snapshot.brokers.at(0).up);
    CHECK(statistics("UP", 400'000) == Contact::reached);
    CHECK(statistics("UP", 30'000'000) == Contact::lost);
    CHECK(statistics("UP", 1'000) == Contact::reached);
    CHECK(statistics("DOWN", 1'000) == Contact::lost);
}
