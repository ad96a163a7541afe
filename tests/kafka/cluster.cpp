#include "tests/kafka/cluster.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "tests/kafka/handles.hpp"
#include "tests/kafka/require.hpp"

namespace lane {
namespace {

core::Headers headers_of(const rd_kafka_message_t& message) {
    core::Headers headers;
    rd_kafka_headers_t* list = nullptr;
    if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return headers;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        headers.push_back(
            {name, value == nullptr ? std::nullopt
                                    : std::optional{std::string{static_cast<const char*>(value), size}}});
    }
    return headers;
}

rd_kafka_headers_t* native(const core::Headers& headers) {
    rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
    for (const core::Header& header : headers) {
        rd_kafka_header_add(
            list, header.name.c_str(), -1, header.value ? header.value->data() : nullptr,
            header.value ? static_cast<ssize_t>(header.value->size()) : 0);
    }
    return list;
}

// Bytes for a call that copies them, though it takes them as void*.
template <class Bytes>
Bytes lent(const std::string* text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    return text ? Bytes{const_cast<char*>(text->data()), text->size()} : Bytes{};
}

std::optional<std::string> bytes(const void* data, std::size_t size) {
    return data == nullptr ? std::nullopt : std::optional{std::string{static_cast<const char*>(data), size}};
}

ReadRecord copy(const rd_kafka_message_t& message) {
    ReadRecord copied{message.partition, {}};
    core::Record& record = copied.record;
    record.offset = core::Offset{message.offset};
    record.key = bytes(message.key, message.key_len);
    record.value = bytes(message.payload, message.len);
    record.headers = headers_of(message);
    record.timestamp =
        common::WallTime{std::chrono::milliseconds{rd_kafka_message_timestamp(&message, nullptr)}};
    return copied;
}

}  // namespace

struct Cluster::Handles {
    Owned<rd_kafka_t> producer;
    std::map<std::string, Owned<rd_kafka_t>> groups;  // asked for commits, never members
};

Cluster::Cluster(std::string bootstrap) : bootstrap_{std::move(bootstrap)}, handles_{new Handles} {
    handles_->producer = open(
        RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_},
                            {"enable.idempotence", "true"},
                            {"linger.ms", "5"},
                            {"message.max.bytes", "2000000"},
                            {"queue.buffering.max.messages", "1000000"}});
}
Cluster::~Cluster() = default;

void Cluster::create_topic(
    const std::string& name, int partitions, const std::map<std::string, std::string>& settings) {
    rd_kafka_t* handle = handles_->producer.get();
    std::array<char, 512> text{};
    Owned<rd_kafka_NewTopic_t> topic{
        rd_kafka_NewTopic_new(name.c_str(), partitions, -1, text.data(), text.size())};
    require(topic != nullptr, text.data());
    for (const auto& [key, value] : settings) {
        rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
    }
    const Owned<rd_kafka_queue_t> queue{rd_kafka_queue_new(handle)};
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    rd_kafka_CreateTopics(handle, topics, 1, nullptr, queue.get());
    const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(queue.get(), patience_ms)};
    require(event != nullptr, "the broker does not create " + name);
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    require(
        count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR,
        fmt::format("{} cannot be created: {}", name, rd_kafka_event_error_string(event.get())));
    // The first record to a topic that this handle does not know would wait for up to a second.
    static_cast<void>(replicas(name));
}

void Cluster::produce(const std::string& topic, const std::vector<SentEvent>& events) {
    rd_kafka_t* handle = handles_->producer.get();
    for (const SentEvent& event : events) {
        std::array<rd_kafka_vu_t, 5> parts{};
        parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
        parts[0].u.cstr = topic.c_str();
        parts[1].vtype = RD_KAFKA_VTYPE_KEY;
        parts[1].u.mem = lent<decltype(parts[1].u.mem)>(&event.key);
        parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
        parts[2].u.mem = lent<decltype(parts[2].u.mem)>(event.value ? &*event.value : nullptr);
        parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        parts[3].u.i = RD_KAFKA_MSG_F_COPY;
        parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
        parts[4].u.headers = native(event.headers);
        if (rd_kafka_error_t* error = rd_kafka_produceva(handle, parts.data(), parts.size())) {
            throw Failed{fmt::format("{} cannot be sent: {}", event.id, rd_kafka_error_string(error))};
        }
    }
    require(
        rd_kafka_flush(handle, patience_ms) == RD_KAFKA_RESP_ERR_NO_ERROR,
        "the broker does not take the load");
}

std::map<std::int32_t, Replicas> Cluster::replicas(const std::string& topic) {
    rd_kafka_t* handle = handles_->producer.get();
    rd_kafka_topic_t* named = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, named, &metadata, patience_ms);
    rd_kafka_topic_destroy(named);
    require(code == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(code));
    std::map<std::int32_t, Replicas> all;
    for (int i = 0; metadata->topic_cnt == 1 && i < metadata->topics[0].partition_cnt; ++i) {
        const rd_kafka_metadata_partition_t& each = metadata->topics[0].partitions[i];
        all[each.id] = {.leader = each.leader, .all = each.replica_cnt, .in_sync = each.isr_cnt};
    }
    rd_kafka_metadata_destroy(metadata);
    return all;
}

std::map<std::int32_t, core::Offset> Cluster::ends(const std::string& topic) {
    std::map<std::int32_t, core::Offset> all;
    for (const auto& [partition, replica] : replicas(topic)) {
        std::int64_t low = 0;
        std::int64_t high = 0;
        const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            handles_->producer.get(), topic.c_str(), partition, &low, &high, patience_ms);
        require(code == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(code));
        all[partition] = core::Offset{high};
    }
    return all;
}

std::vector<ReadRecord> Cluster::read(const std::string& topic) {
    const Owned<rd_kafka_t> consumer = open(
        RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_},
                            {"group.id", "lane-reader"},
                            {"enable.auto.commit", "false"},
                            {"enable.partition.eof", "true"},
                            {"fetch.wait.max.ms", "10"}});
    rd_kafka_poll_set_consumer(consumer.get());
    std::size_t open_partitions = 0;
    const Owned<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(8)};
    for (const auto& [partition, end] : ends(topic)) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = 0;
        ++open_partitions;
    }
    rd_kafka_assign(consumer.get(), list.get());
    std::vector<ReadRecord> records;
    while (open_partitions > 0) {
        const Owned<rd_kafka_message_t> message{rd_kafka_consumer_poll(consumer.get(), patience_ms)};
        require(message != nullptr, topic + " cannot be read");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            --open_partitions;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            records.push_back(copy(*message));
        }
    }
    std::stable_sort(records.begin(), records.end(), [](const ReadRecord& left, const ReadRecord& right) {
        return left.partition < right.partition;
    });
    return records;
}

std::map<std::int32_t, Committed> Cluster::committed(const std::string& group, const std::string& topic) {
    Owned<rd_kafka_t>& handle = handles_->groups[group];
    if (!handle) {
        handle = open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_}, {"group.id", group}});
    }
    const int partitions = static_cast<int>(replicas(topic).size());
    const Owned<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(partitions)};
    rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), 0, partitions - 1);
    const rd_kafka_resp_err_t code = rd_kafka_committed(handle.get(), list.get(), patience_ms);
    require(code == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(code));
    std::map<std::int32_t, Committed> all;
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& each = list->elems[i];
        all[each.partition] = {
            core::Offset{std::max<std::int64_t>(each.offset, 0)},
            bytes(each.metadata, each.metadata_size).value_or("")};
    }
    return all;
}

bool Cluster::lag_is_zero(const std::string& group, const std::string& topic) {
    const auto now = committed(group, topic);
    const auto all = ends(topic);
    return std::all_of(all.begin(), all.end(), [&](const auto& end) {
        const auto found = now.find(end.first);
        return found != now.end() && found->second.offset == end.second;
    });
}

}  // namespace lane
