#include "worker/adapters/kafka/onlooker.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/adapters/kafka/fault.hpp"
#include "worker/adapters/kafka/group_calls.hpp"

namespace kafka {
namespace {

// Kafka answers by topic.
std::vector<GroupOffset> in_order(
    const std::vector<GroupOffset>& found, const std::vector<core::TopicPartition>& partitions) {
    std::vector<GroupOffset> sorted;
    for (const core::TopicPartition& each : partitions) {
        const auto at = std::find_if(
            found.begin(), found.end(), [&](const GroupOffset& one) { return one.partition == each; });
        sorted.push_back(at == found.end() ? GroupOffset{each} : *at);
    }
    return sorted;
}

}  // namespace

common::Result<bool> Onlooker::open(KafkaSettings settings, const std::string& group) {
    settings.statistics_interval = {};
    group_ = group;
    auto conf = client_.configure(settings, {}, group_client_properties(group, "autosignin-onlooker"));
    if (!conf) {
        return conf.error();
    }
    auto opened = client_.open(std::move(*conf), true);
    if (opened) {
        rd_kafka_poll_set_consumer(client_.handle());
    }
    return opened;
}

// Not with rd_kafka_ListConsumerGroupOffsets: when the group's coordinator dies, librdkafka 2.0.2 sends that
// request twice and ends the process with an assertion.
common::Result<std::vector<GroupOffset>, int> Onlooker::offsets(
    const std::vector<core::TopicPartition>& partitions, common::Duration bound) {
    const RdPartitions list = list_of(partitions);
    const int milliseconds = milliseconds_left(steady_now() + bound);
    const auto code = rd_kafka_committed(client_.handle(), list.get(), milliseconds);
    learn_refusal();
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return refusal_ != 0 ? refusal_ : static_cast<int>(code);
    }
    refusal_ = 0;
    auto found = committed_in(*list);
    if (!found) {
        return found.error();
    }
    return in_order(*found, partitions);
}

int Onlooker::refusal_to_commit(const std::string& topic, common::Duration bound) {
    const common::Instant deadline = steady_now() + bound;
    // Finds the coordinator, which a commit does not wait for. A refusal is learnt only in between.
    int unknown = RD_KAFKA_RESP_ERR__TIMED_OUT;
    while (unknown != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const common::Duration left = std::chrono::milliseconds{milliseconds_left(deadline)};
        const auto known = offsets({{topic, 0}}, std::min<common::Duration>(left, std::chrono::seconds{1}));
        unknown = known ? static_cast<int>(RD_KAFKA_RESP_ERR_NO_ERROR) : known.error();
        if (fault_of(unknown).kind == FaultKind::no_group_right || left <= std::chrono::seconds{1}) {
            break;
        }
    }
    if (unknown != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return unknown;
    }
    constexpr std::int32_t no_partition = 2'000'000'000;
    const int code = commit_offsets(
        client_.handle(), {GroupOffset{{topic, no_partition}, core::Offset{0}}}, milliseconds_left(deadline));
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? RD_KAFKA_RESP_ERR_NO_ERROR : code;
}

common::Error Onlooker::failed(int code) {
    return group_failure(fault_, group_, code);
}

// A group that may not be looked at is told once and through the queue; the call itself only runs out of
// time.
void Onlooker::learn_refusal() {
    while (const RdMessage message{rd_kafka_consumer_poll(client_.handle(), 0)}) {
        if (fault_of(message->err).kind == FaultKind::no_group_right) {
            refusal_ = message->err;
        }
    }
}

common::Result<std::vector<GroupOffset>> group_offsets(
    const KafkaSettings& settings, const std::vector<core::TopicPartition>& partitions,
    common::Duration patience) {
    Onlooker onlooker;
    if (auto opened = onlooker.open(settings, settings.group_id); !opened) {
        return opened.error();
    }
    auto found = onlooker.offsets(partitions, patience);
    if (!found) {
        return onlooker.failed(found.error());
    }
    return std::move(*found);
}

}  // namespace kafka
