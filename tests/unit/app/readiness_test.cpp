#include "worker/app/readiness.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using std::chrono::seconds;

constexpr const char* alive = "";

kafka::KafkaStats at_work() {
    kafka::KafkaStats stats;
    stats.contact = kafka::Contact::reached;
    stats.placed = true;
    stats.partitions_owned = 3;
    return stats;
}

kafka::KafkaStats out_of_touch() {
    kafka::KafkaStats stats = at_work();
    stats.contact = kafka::Contact::lost;
    return stats;
}

kafka::KafkaStats never_reached() {
    return {};
}

kafka::KafkaStats joining() {
    kafka::KafkaStats stats;
    stats.contact = kafka::Contact::reached;
    return stats;
}

kafka::KafkaStats one_replica_too_many() {
    kafka::KafkaStats stats = joining();
    stats.placed = true;
    return stats;
}

kafka::KafkaStats holding() {
    kafka::KafkaStats stats = at_work();
    stats.partitions_held = {{.topic = "accounts", .partition = 7}};
    return stats;
}

kafka::KafkaStats without_partitions_again() {
    kafka::KafkaStats stats = at_work();
    stats.revocations = 3;
    stats.partitions_owned = 0;
    return stats;
}

core::Standstill rests(int lasts) {
    return {.lasts = seconds{lasts}, .partition = {}};
}

core::Standstill owed(int lasts) {
    return {.lasts = seconds{lasts}, .partition = core::TopicPartition{"accounts", 7}};
}

core::Standstill refused(int lasts) {
    return {.lasts = seconds{lasts}, .partition = core::TopicPartition{"accounts", 7}, .refused = true};
}

}  // namespace

// /livez is what makes a supervisor kill the process, so it fails only where a new process would do better;
// /readyz says what somebody has to know, the gravest reason first.
TEST_CASE("livez and readyz: what each state of the worker means for them") {
    struct Row {
        const char* because;
        kafka::KafkaStats source;
        bool fatal;
        bool draining;
        std::optional<core::Standstill> still;  // allowed: 60 s
        const char* dies_of;                    // "" where /livez answers 200
        const char* not_ready_for;              // "" where /readyz does
    };
    const Row rows[] = {
        {"it works", at_work(), false, false, {}, alive, ""},
        {"a pause within the bound is no standstill", at_work(), false, false, rests(59), alive, ""},
        {"at the bound it is one", at_work(), false, false, rests(60), "nothing has moved for 60 s",
         "nothing has moved for 60 s"},
        {"one partition is enough, and named", at_work(), false, false, owed(60),
         "what Kafka owes accounts[7] has not moved for 60 s",
         "what Kafka owes accounts[7] has not moved for 60 s"},
        {"what Kafka refuses it would refuse a new process, too", at_work(), false, false, refused(600),
         alive, ""},
        {"without a broker no process is given what it is owed", out_of_touch(), false, false, owed(600),
         alive, "no broker answers"},
        {"without a broker everything stands still, in a new process too", out_of_touch(), false, false,
         rests(600), alive, "no broker answers"},
        {"so it does before the first broker answers", never_reached(), false, false, rests(600), alive,
         "no broker was reached yet"},
        {"a drain that stands still dies", at_work(), false, true, rests(600), "nothing has moved for 600 s",
         "nothing has moved for 600 s"},
        {"a held partition does not excuse the others", holding(), false, false, rests(60),
         "nothing has moved for 60 s", "nothing has moved for 60 s"},
        {"fatal", at_work(), true, false, {}, "fenced: use another id", "fenced: use another id"},
        {"fatal says more than a standstill", at_work(), true, false, rests(600), "fenced: use another id",
         "fenced: use another id"},
        {"fatal needs no broker",
         out_of_touch(),
         true,
         true,
         {},
         "fenced: use another id",
         "fenced: use another id"},
        {"draining", at_work(), false, true, {}, alive, "draining: no new records are taken"},
        {"draining is why nothing else matters",
         holding(),
         false,
         true,
         {},
         alive,
         "draining: no new records are taken"},
        {"a partition waits for a decision",
         holding(),
         false,
         false,
         {},
         alive,
         "accounts[7] is held: its committed offset is gone. Set the group's offset, or "
         "kafka.auto_offset_reset: earliest"},
        {"the brokers went away", out_of_touch(), false, false, {}, alive, "no broker answers"},
        {"started before its broker", never_reached(), false, false, {}, alive, "no broker was reached yet"},
        {"joining", joining(), false, false, {}, alive, "has not given this worker its share yet"},
        {"the group had nothing for it", one_replica_too_many(), false, false, {}, alive, ""},
        {"others have the partitions now", without_partitions_again(), false, false, {}, alive, ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            std::optional<kafka::Fatal> fatal;
            if (row.fatal) {
                fatal = kafka::Fatal{kafka::FaultKind::other, "fenced: use another id"};
            }
            const admin::Health health =
                app::health({row.source, fatal, row.draining, row.still, seconds{60}});
            CAPTURE(health.live_reason);
            CAPTURE(health.ready_reason);
            const std::string dies_of = row.dies_of;
            const std::string not_ready_for = row.not_ready_for;
            CHECK(health.live == dies_of.empty());
            CHECK(health.live_reason.empty() == dies_of.empty());
            CHECK(health.live_reason.find(dies_of) != std::string::npos);
            CHECK(health.ready == not_ready_for.empty());
            CHECK(health.ready_reason.empty() == not_ready_for.empty());
            CHECK(health.ready_reason.find(not_ready_for) != std::string::npos);
        }
    }
}
