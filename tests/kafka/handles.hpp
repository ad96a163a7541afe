// Owners of librdkafka's objects, for the .cpp files of programs that watch or feed the worker.
//
// Errors: Failed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace lane {

// For every call to the broker.
inline constexpr int patience_ms = 20'000;

struct Delete {
    void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
    void operator()(rd_kafka_queue_t* queue) const noexcept { rd_kafka_queue_destroy(queue); }
    void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
    void operator()(rd_kafka_NewTopic_t* topic) const noexcept { rd_kafka_NewTopic_destroy(topic); }
    void operator()(rd_kafka_NewPartitions_t* more) const noexcept { rd_kafka_NewPartitions_destroy(more); }
    void operator()(rd_kafka_DeleteTopic_t* doomed) const noexcept { rd_kafka_DeleteTopic_destroy(doomed); }
    void operator()(rd_kafka_DeleteRecords_t* records) const noexcept {
        rd_kafka_DeleteRecords_destroy(records);
    }
    void operator()(rd_kafka_AclBinding_t* binding) const noexcept { rd_kafka_AclBinding_destroy(binding); }
    void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
    void operator()(rd_kafka_topic_partition_list_t* list) const noexcept {
        rd_kafka_topic_partition_list_destroy(list);
    }
};
template <class Object>
using Owned = std::unique_ptr<Object, Delete>;

[[nodiscard]] Owned<rd_kafka_t> open(
    rd_kafka_type_t type, const std::map<std::string, std::string>& properties);

// Queues one record of copies of `key` and `value`; without a partition, its key chooses it. That the broker
// takes it is for the caller to find out.
void produce(
    rd_kafka_t* producer, const std::string& topic, const std::string& key, const std::string& value,
    std::int32_t partition = RD_KAFKA_PARTITION_UA);

}  // namespace lane
