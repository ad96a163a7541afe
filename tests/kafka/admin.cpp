#include "tests/kafka/admin.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>

#include "tests/kafka/handles.hpp"
#include "tests/kafka/require.hpp"

namespace lane {
namespace {

using Call = std::function<void(rd_kafka_t* handle, rd_kafka_queue_t* queue)>;

Owned<rd_kafka_event_t> ask(const std::string& bootstrap, const std::string& what, const Call& call) {
    const Owned<rd_kafka_t> handle = open(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
    const Owned<rd_kafka_queue_t> queue{rd_kafka_queue_new(handle.get())};
    call(handle.get(), queue.get());
    Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(queue.get(), patience_ms)};
    require(event != nullptr, what + ": no answer");
    require(
        rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR,
        fmt::format("{}: {}", what, rd_kafka_event_error_string(event.get())));
    return event;
}

void require_topic_result(
    const std::string& what, const rd_kafka_topic_result_t** results, std::size_t count) {
    const auto code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
    require(code == RD_KAFKA_RESP_ERR_NO_ERROR, fmt::format("{}: {}", what, rd_kafka_err2str(code)));
}

constexpr auto operation_of(Right right) {
    switch (right) {
        case Right::write_topic:
            return RD_KAFKA_ACL_OPERATION_WRITE;
        case Right::describe_topic:
            return RD_KAFKA_ACL_OPERATION_DESCRIBE;
        case Right::read_topic:
        case Right::read_group:
            break;
    }
    return RD_KAFKA_ACL_OPERATION_READ;
}

// `make`: librdkafka's maker of a binding, or of a filter that finds that binding alone.
template <class Make>
Owned<rd_kafka_AclBinding_t> binding_of(
    Make make, const std::string& who, Right right, const std::string& name) {
    std::array<char, 512> text{};
    Owned<rd_kafka_AclBinding_t> binding{make(
        right == Right::read_group ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC, name.c_str(),
        RD_KAFKA_RESOURCE_PATTERN_LITERAL, ("User:" + who).c_str(), "*", operation_of(right),
        RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, text.data(), text.size())};
    require(binding != nullptr, text.data());
    return binding;
}

}  // namespace

void grant(const std::string& bootstrap, const std::string& who, Right right, const std::string& name) {
    const auto binding = binding_of(rd_kafka_AclBinding_new, who, right, name);
    const std::string what = "granting a right on " + name;
    const auto event = ask(bootstrap, what, [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_AclBinding_t* bindings[] = {binding.get()};
        rd_kafka_CreateAcls(handle, bindings, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const rd_kafka_acl_result_t** results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event.get()), &count);
    require(count == 1 && rd_kafka_acl_result_error(results[0]) == nullptr, what + ": refused");
}

void withdraw(const std::string& bootstrap, const std::string& who, Right right, const std::string& name) {
    const auto filter = binding_of(rd_kafka_AclBindingFilter_new, who, right, name);
    const std::string what = "withdrawing a right on " + name;
    const auto event = ask(bootstrap, what, [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_AclBindingFilter_t* filters[] = {filter.get()};
        rd_kafka_DeleteAcls(handle, filters, 1, nullptr, queue);
    });
    std::size_t responses = 0;
    std::size_t count = 0;
    const auto** results =
        rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(event.get()), &responses);
    if (responses == 1) {
        static_cast<void>(rd_kafka_DeleteAcls_result_response_matching_acls(results[0], &count));
    }
    require(count == 1, what + ": it was not granted");
}

void grow_topic(const std::string& bootstrap, const std::string& topic, std::size_t partitions) {
    std::array<char, 512> text{};
    const Owned<rd_kafka_NewPartitions_t> more{
        rd_kafka_NewPartitions_new(topic.c_str(), partitions, text.data(), text.size())};
    require(more != nullptr, text.data());
    const auto event = ask(bootstrap, "growing " + topic, [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_NewPartitions_t* all[] = {more.get()};
        rd_kafka_CreatePartitions(handle, all, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
    require_topic_result("growing " + topic, results, count);
}

void delete_topic(const std::string& bootstrap, const std::string& topic) {
    const Owned<rd_kafka_DeleteTopic_t> doomed{rd_kafka_DeleteTopic_new(topic.c_str())};
    const auto event = ask(bootstrap, "deleting " + topic, [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopic_t* all[] = {doomed.get()};
        rd_kafka_DeleteTopics(handle, all, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    require_topic_result("deleting " + topic, results, count);
}

void delete_records(
    const std::string& bootstrap, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& before) {
    const Owned<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(8)};
    for (const auto& [partition, offset] : before) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    }
    const Owned<rd_kafka_DeleteRecords_t> records{rd_kafka_DeleteRecords_new(list.get())};
    static_cast<void>(
        ask(bootstrap, "deleting records of " + topic, [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
            rd_kafka_DeleteRecords_t* all[] = {records.get()};
            rd_kafka_DeleteRecords(handle, all, 1, nullptr, queue);
        }));
}

}  // namespace lane
