#include "worker/adapters/kafka/fault.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace kafka {
namespace {

struct Row {
    int code;
    Fault fault;
};

using core::Severity;

constexpr std::string_view reach =
    "Check kafka.bootstrap_servers, DNS, the network policy and that the brokers run; the worker keeps "
    "trying.";
constexpr std::string_view login =
    "Check sasl.mechanism, sasl.username and the password file; the worker keeps trying.";
constexpr std::string_view trust =
    "Check ssl.ca.location against the brokers' certificate and the names in it, and that security.protocol "
    "fits "
    "the port; the worker keeps trying.";
constexpr std::string_view create = "Check the topic's name, or create it; the worker picks it up by itself.";
constexpr std::string_view group_right =
    "Grant Read on the consumer group to the worker's user; it heals by itself after that.";
constexpr std::string_view grant_one =
    "Grant {} on {} {} to the worker's user; it heals by itself after that.";
constexpr std::string_view topic_right =
    "Grant Read and Describe on source topics, Write and Describe on dead-letter and receipts topics; it "
    "heals by "
    "itself after that.";
constexpr std::string_view cluster_right =
    "Grant Write on the dead-letter and receipts topics (or IdempotentWrite on the cluster), then start "
    "again.";
constexpr std::string_view range =
    "The partition is held. Find out whether retention removed unread records or the topic was created anew, "
    "set "
    "the group's offset with kafka-consumer-groups --reset-offsets, and start the worker again.";
constexpr std::string_view twin =
    "Another process joined with the same group.instance.id: give every replica its own (a StatefulSet's pod "
    "name), then start again.";
// librdkafka 2.0.2: a commit that waits for its coordinator is sent without a member id once the session has
// run out, and brokers that still know the static member refuse it as a second process.
constexpr std::string_view late =
    "The session had run out, as it does when brokers are away for longer than session_timeout, and a commit "
    "from before reached them too late. Start again: nothing is lost, what was under way is repeated. If it "
    "comes back while the brokers are well, another process has the same group.instance.id.";
constexpr std::string_view slow =
    "The loop did not poll for max.poll.interval.ms and its partitions went to others: look for a stopped "
    "process "
    "or a starved CPU.";
constexpr std::string_view passes = "Passes by itself; the commit is repeated.";
constexpr std::string_view limit =
    "Raise max.message.bytes of the topic and message.max.bytes of the producer to hold the largest "
    "original.";

constexpr Row rows[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, {FaultKind::unreachable, Severity::warning, "kafka_unreachable", reach}},
    {RD_KAFKA_RESP_ERR__RESOLVE, {FaultKind::unreachable, Severity::warning, "kafka_unreachable", reach}},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, {FaultKind::unreachable, Severity::warning, "kafka_unreachable", reach}},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
     {FaultKind::unreachable, Severity::warning, "kafka_unreachable", reach}},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
     {FaultKind::unreachable, Severity::error, "kafka_all_brokers_down", reach}},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION,
     {FaultKind::authentication, Severity::error, "kafka_authentication_failed", login}},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
     {FaultKind::authentication, Severity::error, "kafka_authentication_failed", login}},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
     {FaultKind::authentication, Severity::error, "kafka_authentication_failed", login}},
    {RD_KAFKA_RESP_ERR__SSL, {FaultKind::tls, Severity::error, "kafka_tls_failed", trust}},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
     {FaultKind::unknown_topic, Severity::error, "kafka_unknown_topic", create}},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
     {FaultKind::unknown_topic, Severity::error, "kafka_unknown_topic", create}},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
     {FaultKind::unknown_topic, Severity::error, "kafka_unknown_topic", create}},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
     {FaultKind::unknown_topic, Severity::error, "kafka_unknown_topic", create}},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
     {FaultKind::no_group_right, Severity::error, "kafka_no_group_right", group_right}},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
     {FaultKind::no_topic_right, Severity::error, "kafka_no_topic_right", topic_right}},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
     {FaultKind::no_cluster_right, Severity::error, "kafka_no_cluster_right", cluster_right}},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
     {FaultKind::offset_out_of_range, Severity::error, "kafka_offset_out_of_range", range}},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
     {FaultKind::offset_out_of_range, Severity::error, "kafka_offset_out_of_range", range}},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, {FaultKind::fenced, Severity::error, "kafka_fenced", twin}},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
     {FaultKind::poll_exceeded, Severity::error, "kafka_poll_exceeded", slow}},
    {RD_KAFKA_RESP_ERR__WAIT_COORD,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
     {FaultKind::commit_refused, Severity::warning, "kafka_commit_refused", passes}},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
     {FaultKind::message_too_large, Severity::error, "kafka_message_too_large", limit}},
};

constexpr Fault unnamed{
    FaultKind::other, Severity::warning, "kafka_error",
    "The worker keeps trying; see the broker's log if it lasts."};

constexpr std::array<std::string_view, fault_kinds.size()> names{
    "unreachable",
    "authentication",
    "tls",
    "unknown_topic",
    "no_group_right",
    "no_topic_right",
    "no_cluster_right",
    "offset_out_of_range",
    "fenced",
    "poll_exceeded",
    "commit_refused",
    "message_too_large",
    "other"};

// The topic that the subject names; empty: it names none.
std::string_view topic_of(const Site& site) {
    const std::size_t bracket = site.subject.rfind('[');
    if (bracket != std::string_view::npos) {
        return site.subject.substr(0, bracket);
    }
    return site.consumer ? std::string_view{} : site.subject;  // a consumer tries things: "commit"
}

}  // namespace

std::string_view kind_name(FaultKind kind) noexcept {
    return names.at(static_cast<std::size_t>(kind));
}

const Fault& fault_of(int code) noexcept {
    const auto* row =
        std::find_if(std::begin(rows), std::end(rows), [code](const Row& each) { return each.code == code; });
    return row == std::end(rows) ? unnamed : row->fault;
}

std::string remedy_at(const Site& site, const Fault& fault) {
    if (fault.kind == FaultKind::no_group_right && !site.group.empty()) {
        return fmt::format(grant_one, "Read", "consumer group", site.group);
    }
    if (const std::string_view topic = topic_of(site);
        fault.kind == FaultKind::no_topic_right && !topic.empty()) {
        return fmt::format(grant_one, site.consumer ? "Read" : "Write", "topic", topic);
    }
    if (fault.kind == FaultKind::fenced && site.session_ended) {
        return std::string{late};
    }
    return std::string{fault.remedy};
}

bool is_about(const core::TopicPartition& partition, std::string_view text) {
    return text.starts_with(fmt::format("{} [{}]: ", partition.topic, partition.partition));
}

std::string_view code_name(int code) noexcept {
    return rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code));
}

}  // namespace kafka
