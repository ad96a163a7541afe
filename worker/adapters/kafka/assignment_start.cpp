// Where reading starts: the committed offsets are looked up, asked again when they are not told, and
// librdkafka is given what is known.
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/adapters/kafka/assignment.hpp"
#include "worker/adapters/kafka/convert.hpp"

namespace kafka {
namespace {

constexpr std::chrono::seconds lookup_bound{1};
constexpr std::chrono::seconds lookup_pause{1};

void tell_unknown(Reporter& reporter, int code, std::string_view subject) {
    reporter.fault(code, subject, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)), steady_now());
}

bool contains(const std::vector<core::TopicPartition>& partitions, const core::TopicPartition& partition) {
    return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

}  // namespace

void Assignment::retry(common::Instant now, std::vector<core::Input>& inputs) {
    if (!assign_due_) {
        return;
    }
    if (now >= retry_at_) {
        try_assign(inputs);
        update_stats();
    } else {
        client_.wake().wake_after(retry_at_ - now);  // somebody cleared the wish
    }
}

void Assignment::try_assign(std::vector<core::Input>& inputs) {
    Positions positions;
    if (!waiting_.empty()) {  // librdkafka takes an empty question for a mistake
        auto answer = look_up_positions(client_.handle(), waiting_, reset_, steady_now() + lookup_bound);
        if (!answer) {
            tell_unknown(client_.reporter(), answer.error().code, "committed offsets");
            ask_again_later();
            return;
        }
        positions = std::move(*answer);
        client_.reporter().heard();
    }
    if (waiting_.empty() && owned_.count() == 0) {
        note_empty_share();
    }
    waiting_.clear();
    for (Positions::Unknown& each : positions.unknown) {
        tell_unknown(client_.reporter(), each.code, partition_text(each.partition));
        waiting_.push_back(std::move(each.partition));
    }
    if (waiting_.empty()) {
        assign_due_ = false;
    } else {
        ask_again_later();
    }
    if (waiting_.empty() || !positions.found.empty()) {
        start(std::move(positions.found), inputs);
    }
}

void Assignment::ask_again_later() {
    ++client_.reporter().stats().position_retries;
    retry_at_ = steady_now() + lookup_pause;
    client_.wake().wake_after(lookup_pause);
}

void Assignment::note_empty_share() {
    auto& stats = client_.reporter().stats();
    const auto of = [&stats](FaultKind kind) { return stats.faults.at(static_cast<std::size_t>(kind)); };
    const std::uint64_t unseen = of(FaultKind::unknown_topic) + of(FaultKind::no_topic_right);
    stats.placed = stats.placed || unseen == topics_unseen_;
    topics_unseen_ = unseen;
}

void Assignment::start(std::vector<Position> positions, std::vector<core::Input>& inputs) {
    const RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))};
    const auto add = [&list](const core::TopicPartition& partition, core::Offset at) {
        rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
            at.value;
    };
    // The list replaces the one before, so what is being read already is in it and is read on. What
    // librdkafka gives out twice for that, Ownerships drops.
    for (const core::Epoch epoch : owned_.epochs()) {
        const core::TopicPartition& partition = owned_.find(epoch)->partition;
        add(partition, owned_.position(partition));
    }
    for (Position& position : positions) {
        if (!position.held.empty()) {
            client_.reporter().fault(
                RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, partition_text(position.partition), position.held,
                steady_now());
            hold(position.partition);
            continue;
        }
        if (position.reset) {
            auto& faults = client_.reporter().stats().faults;
            ++faults.at(static_cast<std::size_t>(FaultKind::offset_out_of_range));
            ++client_.reporter().stats().offset_resets;
            client_.reporter().say(
                {core::Severity::error, "kafka_offset_reset",
                 fmt::format(
                     "{}: the committed offset does not exist any more; reading on from {}, the first one "
                     "there. Find out whether retention removed unread records or the topic was created "
                     "anew.",
                     partition_text(position.partition), position.next.value)});
        }
        const core::Offset from =
            position.from_beginning ? core::Offset{RD_KAFKA_OFFSET_BEGINNING} : position.next;
        add(position.partition, from);
        const core::Epoch epoch = owned_.grant(position.partition, from);
        forget_held(position.partition);
        client_.reporter().stats().placed = true;
        inputs.emplace_back(core::Assigned{
            epoch, std::move(position.partition), position.next, std::move(position.metadata)});
    }
    if (const auto code = rd_kafka_assign(client_.handle(), list.get())) {
        client_.reporter().fault(code, "assign", rd_kafka_err2str(code), steady_now());
    }
}

void Assignment::hold(const core::TopicPartition& partition) {
    auto& held = client_.reporter().stats().partitions_held;
    if (!contains(held, partition)) {
        held.push_back(partition);
    }
}

void Assignment::forget_held(const core::TopicPartition& partition) {
    auto& held = client_.reporter().stats().partitions_held;
    held.erase(std::remove(held.begin(), held.end(), partition), held.end());
}

}  // namespace kafka
