#include "worker/app/readiness.hpp"

#include <fmt/format.h>

namespace app {

namespace {

std::string what_rests(const std::optional<core::TopicPartition>& owed) {
    return owed ? fmt::format("what Kafka owes {}[{}] has not", owed->topic, owed->partition) : "nothing has";
}

}  // namespace

admin::Health health(const Circumstances& now) {
    if (now.fatal) {
        return {false, now.fatal->message, false, now.fatal->message};
    }
    const bool reached = now.source.contact == kafka::Contact::reached;
    // Where the brokers are away, a new process would stand still as well, and where they refuse it be
    // refused.
    if (reached && now.standstill && !now.standstill->refused &&
        now.standstill->lasts >= now.standstill_fail_after) {
        const std::string reason = fmt::format(
            "there is work, nothing holds it, and {} moved for {:.0f} s; the log line \"standstill\" says "
            "what is outstanding",
            what_rests(now.standstill->partition), common::seconds(now.standstill->lasts));
        return {false, reason, false, reason};
    }
    const auto not_ready = [](std::string reason) {
        return admin::Health{true, "", false, std::move(reason)};
    };
    if (now.draining) {
        return not_ready("draining: no new records are taken");
    }
    if (!now.source.partitions_held.empty()) {
        const core::TopicPartition& held = now.source.partitions_held.front();
        return not_ready(fmt::format(
            "{}[{}] is held: its committed offset is gone. Set the group's offset, or "
            "kafka.auto_offset_reset: earliest",
            held.topic, held.partition));
    }
    if (!now.source.partitions_refused.empty()) {
        const core::TopicPartition& refused = now.source.partitions_refused.front();
        return not_ready(fmt::format(
            "the brokers do not hand out {}[{}]: grant Read on the topic, the log line names whom",
            refused.topic, refused.partition));
    }
    if (now.source.contact == kafka::Contact::lost) {
        return not_ready("no broker answers; the worker goes on by itself as soon as one does");
    }
    if (!now.source.placed) {
        return not_ready(
            reached ? "joining the consumer group: it has not given this worker its share yet"
                    : "no broker was reached yet");
    }
    return {};
}

}  // namespace app
