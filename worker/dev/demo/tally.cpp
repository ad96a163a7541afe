#include "worker/dev/demo/tally.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <nlohmann/json.hpp>

#include "common/invariant.hpp"

namespace dev {

namespace {

using nlohmann::json;

std::string header(const rd_kafka_message_t& message, const char* name) {
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {};
    }
    return {static_cast<const char*>(value), size};
}

}  // namespace

Tally::Tally(const std::string& bootstrap, const Topic& receipts, const Topic& dead_letters)
    : dead_letter_topic_{dead_letters.name} {
    std::array<char, 256> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);  // its raw lines would stand in the display
    for (const auto& [name, value] :
         {std::pair{"bootstrap.servers", bootstrap.c_str()}, std::pair{"group.id", "demo-tally"},
          std::pair{"enable.auto.commit", "false"}, std::pair{"fetch.wait.max.ms", "10"},
          std::pair{"auto.offset.reset", "earliest"}}) {
        INVARIANT(
            rd_kafka_conf_set(conf, name, value, text.data(), text.size()) == RD_KAFKA_CONF_OK,
            "librdkafka knows these properties");
    }
    consumer_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
    INVARIANT(consumer_ != nullptr, "a consumer with plain settings can be made");
    rd_kafka_poll_set_consumer(consumer_);
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(8);
    for (const Topic& topic : {receipts, dead_letters}) {
        for (int partition = 0; partition < topic.partitions; ++partition) {
            rd_kafka_topic_partition_list_add(all, topic.name.c_str(), partition)->offset = 0;
        }
    }
    rd_kafka_assign(consumer_, all);
    rd_kafka_topic_partition_list_destroy(all);
}

Tally::~Tally() {
    rd_kafka_consumer_close(consumer_);
    rd_kafka_destroy(consumer_);
}

void Tally::read() {
    while (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, 0)) {
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (rd_kafka_topic_name(message->rkt) == dead_letter_topic_) {
                ++dead_letters_[fmt::format(
                    "{} {}", header(*message, "dlq.reason"), header(*message, "dlq.error.code"))];
            } else {
                read_receipt({static_cast<const char*>(message->payload), message->len});
            }
        }
        rd_kafka_message_destroy(message);
    }
}

std::uint64_t Tally::outcome(const std::string& name) const {
    std::uint64_t receipts = 0;
    for (const auto& [type, tally] : by_type_) {
        const auto found = tally.outcomes.find(name);
        receipts += found == tally.outcomes.end() ? 0 : found->second;
    }
    return receipts;
}

void Tally::read_receipt(const std::string& text) {
    const json receipt = json::parse(text);
    if (receipt.at("type") != "autosignin.command.completed.v1") {
        return;  // an audit record
    }
    const json& data = receipt.at("data");
    const json& position = data.at("position");
    events_.insert(
        fmt::format("{}/{}", position.at("partition").get<int>(), position.at("offset").get<std::int64_t>()));
    const std::string outcome = data.at("outcome");
    const bool invalid = data.value("reason", "") == "invalid";
    TypeTally& type = by_type_[invalid ? "(not an event)" : data.at("event").value("type", "(unknown)")];
    ++type.outcomes[outcome];
    type.attempts += data.value("attempts", 0U);
    if (outcome == "executed" || outcome == "probably_executed" || outcome == "already_so") {
        ++executed_;
        if (data.contains("seconds")) {
            type.seconds.push_back(data["seconds"].get<double>());
        }
    }
}

std::uint64_t Tally::dead_letters() const noexcept {
    std::uint64_t count = 0;
    for (const auto& [reason, letters] : dead_letters_) {
        count += letters;
    }
    return count;
}

}  // namespace dev
