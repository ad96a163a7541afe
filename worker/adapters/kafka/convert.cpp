#include "worker/adapters/kafka/convert.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <sys/types.h>
#include <chrono>
#include <optional>
#include <string>

namespace kafka {
namespace {

std::optional<std::string> copy_bytes(const void* bytes, std::size_t size) {
    if (bytes == nullptr) {
        return std::nullopt;
    }
    return std::string{static_cast<const char*>(bytes), size};
}

}  // namespace

std::string partition_text(const core::TopicPartition& partition) {
    return fmt::format("{}[{}]", partition.topic, partition.partition);
}

core::Headers copy_headers(const rd_kafka_message_s& message) {
    core::Headers copies;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return copies;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
        copies.push_back({name, copy_bytes(value, size)});
    }
    return copies;
}

core::Record copy_record(const rd_kafka_message_s& message, core::Epoch epoch) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
    return {
        epoch,
        core::Offset{message.offset},
        copy_bytes(message.key, message.key_len),
        copy_bytes(message.payload, message.len),
        copy_headers(message),
        common::WallTime{std::chrono::milliseconds{timestamp < 0 ? 0 : timestamp}}};
}

rd_kafka_headers_s* make_headers(const core::Headers& headers) {
    if (headers.empty()) {
        return nullptr;
    }
    rd_kafka_headers_t* made = rd_kafka_headers_new(headers.size());
    for (const core::Header& header : headers) {
        rd_kafka_header_add(
            made, header.name.data(), static_cast<ssize_t>(header.name.size()),
            header.value ? header.value->data() : nullptr,
            header.value ? static_cast<ssize_t>(header.value->size()) : 0);
    }
    return made;
}

}  // namespace kafka
