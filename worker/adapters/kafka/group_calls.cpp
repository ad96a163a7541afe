#include "worker/adapters/kafka/group_calls.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <cstdlib>
#include <cstring>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/fault.hpp"

namespace kafka {
namespace {

// Of the commit as a whole, or of the first partition that was refused.
int code_of(rd_kafka_event_t* commit) {
    int code = rd_kafka_event_error(commit);
    const rd_kafka_topic_partition_list_t* const list = rd_kafka_event_topic_partition_list(commit);
    for (int i = 0; list != nullptr && i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        code = list->elems[i].err;
    }
    return code;
}

}  // namespace

Properties group_client_properties(const std::string& group, const std::string& name) {
    return {
        {"client.id", name},
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"auto.commit.enable", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
    };
}

common::Error group_failure(const LastFault& last, const std::string& group, int code) {
    const Fault& known = fault_of(code);
    if (known.kind == FaultKind::unreachable) {
        return failure(last, group, code);
    }
    return common::Error{fmt::format(
        "group {}: {} ({}). {}", group, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)),
        code_name(code), remedy_at({.consumer = true, .group = group}, known))};
}

RdPartitions list_of(const std::vector<core::TopicPartition>& partitions) {
    RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const core::TopicPartition& each : partitions) {
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    }
    return list;
}

RdPartitions list_of(const std::vector<std::string>& topics) {
    RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
    for (const std::string& topic : topics) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    return list;
}

common::Result<std::vector<GroupOffset>, int> committed_in(const rd_kafka_topic_partition_list_s& list) {
    std::vector<GroupOffset> found;
    for (int i = 0; i < list.cnt; ++i) {
        const rd_kafka_topic_partition_t& entry = list.elems[i];
        if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return static_cast<int>(entry.err);
        }
        GroupOffset& offset = found.emplace_back(GroupOffset{{entry.topic, entry.partition}});
        if (entry.offset >= 0) {
            offset.committed = core::Offset{entry.offset};
            offset.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
        }
    }
    return found;
}

int commit_offsets(rd_kafka_s* handle, const std::vector<GroupOffset>& offsets, int milliseconds) {
    const RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const GroupOffset& each : offsets) {
        rd_kafka_topic_partition_t* const entry = rd_kafka_topic_partition_list_add(
            list.get(), each.partition.topic.c_str(), each.partition.partition);
        entry->offset = each.committed ? each.committed->value : RD_KAFKA_OFFSET_INVALID;
        if (!each.metadata.empty()) {
            entry->metadata = std::malloc(each.metadata.size());  // the list frees it
            std::memcpy(entry->metadata, each.metadata.data(), each.metadata.size());
            entry->metadata_size = each.metadata.size();
        }
    }
    const RdQueue answers{rd_kafka_queue_new(handle)};
    if (const auto code = rd_kafka_commit_queue(handle, list.get(), answers.get(), nullptr, nullptr)) {
        return code;
    }
    rd_kafka_event_t* const answer = rd_kafka_queue_poll(answers.get(), milliseconds);
    const int code = answer != nullptr ? code_of(answer) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_event_destroy(answer);
    return code;
}

common::Result<std::string, int> member_in(
    const rd_kafka_group_list* groups, const std::string& group, int code) {
    if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
        return std::string{};
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL) {
        return code;
    }
    bool empty = false;  // as its coordinator says; of a former one there may be an error beside
    int problem = code;
    for (int i = 0; groups != nullptr && i < groups->group_cnt; ++i) {
        const rd_kafka_group_info& each = groups->groups[i];
        if (each.group == nullptr || group != each.group) {
            continue;
        }
        if (each.member_cnt > 0) {
            return fmt::format("{} at {}", each.members[0].client_id, each.members[0].client_host);
        }
        empty = empty || each.err == RD_KAFKA_RESP_ERR_NO_ERROR;
        problem = each.err;
    }
    if (empty || problem == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::string{};
    }
    return problem;
}

PartitionCount partition_count(rd_kafka_s* handle, const std::string& topic, int milliseconds) {
    const RdTopic known{rd_kafka_topic_new(handle, topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* found = nullptr;
    if (const auto code = rd_kafka_metadata(handle, 0, known.get(), &found, milliseconds)) {
        return {code, 0};
    }
    PartitionCount answer{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, 0};
    if (found->topic_cnt == 1) {
        answer = {found->topics[0].err, found->topics[0].partition_cnt};
    }
    rd_kafka_metadata_destroy(found);
    return answer;
}

void assign_nothing(rd_kafka_s* handle) {
    const RdPartitions nothing{rd_kafka_topic_partition_list_new(0)};
    rd_kafka_assign(handle, nothing.get());
}

void leave_group(rd_kafka_s* handle, common::Duration bound) {
    const RdQueue ended{rd_kafka_queue_new(handle)};
    rd_kafka_error_t* const error = rd_kafka_consumer_close_queue(handle, ended.get());
    if (error != nullptr) {
        rd_kafka_error_destroy(error);
        return;
    }
    const common::Instant deadline = steady_now() + bound;
    while (rd_kafka_consumer_closed(handle) == 0 && milliseconds_left(deadline) > 0) {
        rd_kafka_queue_poll_callback(ended.get(), 50);
    }
}

}  // namespace kafka
