// librdkafka's messages as core records, and back. Copies: librdkafka's buffers are whole fetch responses,
// and a record that waits for hours must not hold one.
#pragma once

#include <string>

#include "worker/core/event/record.hpp"

struct rd_kafka_message_s;
struct rd_kafka_headers_s;

namespace kafka {

// "topic[3]", for people.
[[nodiscard]] std::string partition_text(const core::TopicPartition& partition);

// A null key, value or header value stays none; an empty one stays empty.
[[nodiscard]] core::Record copy_record(const rd_kafka_message_s& message, core::Epoch epoch);

[[nodiscard]] core::Headers copy_headers(const rd_kafka_message_s& message);

// Null when there are none. The caller owns it until a message takes it.
[[nodiscard]] rd_kafka_headers_s* make_headers(const core::Headers& headers);

}  // namespace kafka
