// Owners for librdkafka's objects, without its header: rdkafka.h is 11,000 lines.
#pragma once

#include <memory>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;
struct rd_kafka_topic_partition_list_s;
struct rd_kafka_message_s;

namespace kafka {

struct RdDelete {
    void operator()(rd_kafka_conf_s* conf) const noexcept;
    void operator()(rd_kafka_queue_s* queue) const noexcept;
    void operator()(rd_kafka_topic_s* topic) const noexcept;
    void operator()(rd_kafka_topic_partition_list_s* partitions) const noexcept;
    void operator()(rd_kafka_message_s* message) const noexcept;
    // Leaves no group and waits for nobody: whoever wants a polite end closes or flushes first, with a
    // deadline.
    void operator()(rd_kafka_s* handle) const noexcept;
};

using RdConf = std::unique_ptr<rd_kafka_conf_s, RdDelete>;
using RdHandle = std::unique_ptr<rd_kafka_s, RdDelete>;
using RdQueue = std::unique_ptr<rd_kafka_queue_s, RdDelete>;
using RdTopic = std::unique_ptr<rd_kafka_topic_s, RdDelete>;
using RdPartitions = std::unique_ptr<rd_kafka_topic_partition_list_s, RdDelete>;
using RdMessage = std::unique_ptr<rd_kafka_message_s, RdDelete>;

}  // namespace kafka
