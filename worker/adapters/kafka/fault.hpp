// What librdkafka's error codes mean to the people who run the worker: one row a code, translated once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "worker/core/engine/effect.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

// A closed set, so that it can be a metric's label.
enum class FaultKind : std::uint8_t {
    unreachable,     // no connection to one or all brokers
    authentication,  // the brokers refuse our name or password
    tls,             // no trust between us and the brokers
    unknown_topic,
    no_group_right,
    no_topic_right,
    no_cluster_right,
    offset_out_of_range,  // the partition is held
    fenced,               // another process took our place for good
    poll_exceeded,        // the loop stood still for too long
    commit_refused,       // passes by itself: the group is rebalancing or its coordinator moves
    message_too_large,
    other,
};
inline constexpr std::array fault_kinds{
    FaultKind::unreachable,
    FaultKind::authentication,
    FaultKind::tls,
    FaultKind::unknown_topic,
    FaultKind::no_group_right,
    FaultKind::no_topic_right,
    FaultKind::no_cluster_right,
    FaultKind::offset_out_of_range,
    FaultKind::fenced,
    FaultKind::poll_exceeded,
    FaultKind::commit_refused,
    FaultKind::message_too_large,
    FaultKind::other};
[[nodiscard]] std::string_view kind_name(FaultKind kind) noexcept;

struct Fault {
    FaultKind kind = FaultKind::other;
    core::Severity severity = core::Severity::warning;
    std::string_view event;   // the log line's stable name
    std::string_view remedy;  // a sentence
};

// `code` is a rd_kafka_resp_err_t. Codes without a row of their own are FaultKind::other.
[[nodiscard]] const Fault& fault_of(int code) noexcept;

// Where a fault occurred.
struct Site {
    bool consumer = false;       // or producer
    std::string_view group{};    // of the consumer
    std::string_view subject{};  // "topic[3]", "topic", what was tried, or nothing
    bool session_ended = false;  // of the consumer, and it has not joined again
};
// The fault's remedy; that of a missing right names what to grant on which topic or group, and that of being
// fenced whether it was ourselves, as far as the site tells.
[[nodiscard]] std::string remedy_at(const Site& site, const Fault& fault);

// Whether librdkafka's text for an error of a partition ("TOPIC [3]: ...", as in 2.0.2) is about this one.
// Its error callback tells the partition in no other way.
[[nodiscard]] bool is_about(const core::TopicPartition& partition, std::string_view text);

// librdkafka's name of the code ("_ALL_BROKERS_DOWN"): a closed set, fit for logs and StoreEnded.
[[nodiscard]] std::string_view code_name(int code) noexcept;

}  // namespace kafka
