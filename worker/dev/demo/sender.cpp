#include "worker/dev/demo/sender.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

#include "common/invariant.hpp"

// librdkafka's argument macros check types with an extension that -Wpedantic names in clang.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-statement-expression"
#endif

namespace dev {

Sender::Sender(const std::string& bootstrap, const sim::Plan& plan) : plan_{plan} {
    for (const sim::PlannedRecord& record : plan.records) {
        in_order_.push_back(&record);
    }
    std::stable_sort(in_order_.begin(), in_order_.end(), [](const auto* left, const auto* right) {
        return left->produced < right->produced;
    });
    std::array<char, 256> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);  // its raw lines would stand in the display
    for (const auto& [name, value] :
         {std::pair{"bootstrap.servers", bootstrap.c_str()}, std::pair{"linger.ms", "5"},
          std::pair{"compression.codec", "lz4"}, std::pair{"acks", "all"}}) {
        INVARIANT(
            rd_kafka_conf_set(conf, name, value, text.data(), text.size()) == RD_KAFKA_CONF_OK,
            "librdkafka knows these properties");
    }
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    INVARIANT(producer_ != nullptr, "a producer with plain settings can be made");
}

Sender::~Sender() {
    rd_kafka_destroy(producer_);
}

void Sender::send_due(common::Duration since_start) {
    while (next_ < in_order_.size() && in_order_[next_]->produced <= since_start) {
        send(*in_order_[next_++]);
    }
    rd_kafka_poll(producer_, 0);
}

void Sender::send(const sim::PlannedRecord& record) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const core::Header& header : record.headers) {
        const std::string& value = header.value.value_or("");
        rd_kafka_header_add(
            headers, header.name.data(), static_cast<ssize_t>(header.name.size()), value.data(),
            static_cast<ssize_t>(value.size()));
    }
    const core::TopicPartition& to = plan_.partitions[record.partition];
    const auto bytes = [](const std::optional<std::string>& text) {
        return text ? const_cast<char*>(text->data()) : nullptr;  // librdkafka copies and does not write
    };
    const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
    const rd_kafka_resp_err_t result = rd_kafka_producev(
        producer_, RD_KAFKA_V_TOPIC(to.topic.c_str()), RD_KAFKA_V_PARTITION(to.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_KEY(bytes(record.key), size(record.key)),
        RD_KAFKA_V_VALUE(bytes(record.value), size(record.value)), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
    INVARIANT(result == RD_KAFKA_RESP_ERR_NO_ERROR, "the embedded broker takes the demo's records");
}

bool Sender::flush(std::chrono::milliseconds deadline) {
    return rd_kafka_flush(producer_, static_cast<int>(deadline.count())) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace dev
