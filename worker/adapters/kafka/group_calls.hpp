// Committed offsets as librdkafka's lists and calls, for whoever works with the offsets of a group.
//
// Private to this folder. Codes are rd_kafka_resp_err_t.
#pragma once

#include <vector>

#include "worker/adapters/kafka/rd.hpp"
#include "worker/adapters/kafka/sole_member.hpp"

namespace kafka {

[[nodiscard]] RdPartitions list_of(const std::vector<core::TopicPartition>& partitions);
// With whole topics, for a subscription.
[[nodiscard]] RdPartitions list_of(const std::vector<std::string>& topics);

// What a list that the brokers filled in says; the code of the first partition that has one.
[[nodiscard]] common::Result<std::vector<GroupOffset>, int> committed_in(
    const rd_kafka_topic_partition_list_s& list);

// Commits as the member that the handle is. 0: done. Blocks for at most `milliseconds`.
[[nodiscard]] int commit_offsets(
    rd_kafka_s* handle, const std::vector<GroupOffset>& offsets, int milliseconds);

// Takes the group's assignment and reads nothing of it. An empty list, not none at all: with none librdkafka
// waits for ever for an assignment to be taken, and does not notice that others join.
void assign_nothing(rd_kafka_s* handle);

// Leaves the group politely, for at most `bound`; what counts was committed before.
void leave_group(rd_kafka_s* handle, common::Duration bound);

}  // namespace kafka
