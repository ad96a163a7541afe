// Committed offsets as librdkafka's lists and calls, for whoever works with the offsets of a group.
//
// Private to this folder. Codes are rd_kafka_resp_err_t.
#pragma once

#include <string>
#include <vector>

#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/last_fault.hpp"
#include "worker/adapters/kafka/rd.hpp"

struct rd_kafka_group_list;

namespace kafka {

// Of a client that works with a group's offsets and reads nothing through it, named `name` to others who
// look.
[[nodiscard]] Properties group_client_properties(const std::string& group, const std::string& name);

// Why a call about the group failed, and what to do; what the network said when it was the network.
[[nodiscard]] common::Error group_failure(const LastFault& last, const std::string& group, int code);

[[nodiscard]] RdPartitions list_of(const std::vector<core::TopicPartition>& partitions);
// With whole topics, for a subscription.
[[nodiscard]] RdPartitions list_of(const std::vector<std::string>& topics);

// What a list that the brokers filled in says; the code of the first partition that has one.
[[nodiscard]] common::Result<std::vector<GroupOffset>, int> committed_in(
    const rd_kafka_topic_partition_list_s& list);

// Commits as the member that the handle is. 0: done. Blocks for at most `milliseconds`.
[[nodiscard]] int commit_offsets(
    rd_kafka_s* handle, const std::vector<GroupOffset>& offsets, int milliseconds);

// The first member of the group, "client at host", in what rd_kafka_list_groups() answered with `code`;
// empty: the group has none. The code: it cannot be told, since a broker did not answer, or the group may not
// be looked at. What a partial answer says of the group is believed; that it does not name it proves nothing.
// Brokers that can list no groups at all (the embedded one) count as an empty group: there the assignment
// alone says who else is in it.
[[nodiscard]] common::Result<std::string, int> member_in(
    const rd_kafka_group_list* groups, const std::string& group, int code);

struct PartitionCount {
    int code = 0;  // else: the topic is not there, or the brokers did not say
    int count = 0;
};
[[nodiscard]] PartitionCount partition_count(rd_kafka_s* handle, const std::string& topic, int milliseconds);

// Takes the group's assignment and reads nothing of it. An empty list, not none at all: with none librdkafka
// waits for ever for an assignment to be taken, and does not notice that others join.
void assign_nothing(rd_kafka_s* handle);

// Leaves the group politely, for at most `bound`; what counts was committed before.
void leave_group(rd_kafka_s* handle, common::Duration bound);

}  // namespace kafka
