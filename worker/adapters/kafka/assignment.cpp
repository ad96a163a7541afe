#include "worker/adapters/kafka/assignment.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace kafka {
namespace {

constexpr std::chrono::seconds lookup_bound{1};
constexpr std::chrono::seconds lookup_pause{1};
// How long a pause may last until librdkafka is told: enough for the engine to work off a part of its buffer,
// short against every timeout of the group.
constexpr std::chrono::milliseconds rest_longest{250};

std::string name_of(const core::TopicPartition& partition) {
    return fmt::format("{}[{}]", partition.topic, partition.partition);
}

std::vector<core::TopicPartition> copy(const rd_kafka_topic_partition_list_t* list) {
    std::vector<core::TopicPartition> partitions;
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
        partitions.push_back({list->elems[i].topic, list->elems[i].partition});
    }
    return partitions;
}

RdPartitions as_list(const std::vector<core::TopicPartition>& partitions) {
    RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const core::TopicPartition& each : partitions) {
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    }
    return list;
}

void tell_unknown(Reporter& reporter, int code, std::string_view subject) {
    reporter.fault(code, subject, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)), steady_now());
}

bool contains(const std::vector<core::TopicPartition>& partitions, const core::TopicPartition& partition) {
    return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

}  // namespace

void Assignment::rebalanced(
    int code, const rd_kafka_topic_partition_list_s* partitions, std::vector<core::Input>& inputs) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assigned(copy(partitions), inputs);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        revoked(copy(partitions), rd_kafka_assignment_lost(client_.handle()) != 0, inputs);
    } else {
        client_.reporter().fault(
            code, "", rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)), steady_now());
        revoked(copy(partitions), true, inputs);
    }
    update_stats();
}

void Assignment::vanished(std::string_view reason, std::vector<core::Input>& inputs) {
    const auto epochs = owned_.epochs();
    const auto epoch = std::find_if(epochs.begin(), epochs.end(), [&](core::Epoch each) {
        return is_about(owned_.find(each)->partition, reason);
    });
    if (epoch == epochs.end()) {
        const bool known = std::any_of(
            waiting_.begin(), waiting_.end(), [&](const auto& each) { return is_about(each, reason); });
        if (!known) {
            tell_unplaced(reason);
        }
        return;
    }
    const Ownership owned = *owned_.find(*epoch);
    end(*epoch);
    if (owned.revoking) {
        return;  // it goes anyway; all that matters is that nothing is committed for it any more
    }
    ++client_.reporter().stats().losses;
    client_.reporter().say(
        {core::Severity::error, "kafka_partition_vanished",
         fmt::format(
             "{} does not exist any more; what was read of it and is not executed is dropped. If the topic "
             "is made again, it is read from its committed offset, or without one as auto_offset_reset says.",
             name_of(owned.partition))});
    inputs.emplace_back(core::Revoked{{*epoch}, true});
    waiting_.push_back(owned.partition);
    assign_due_ = true;
    ask_again_later();
    update_stats();
}

void Assignment::tell_unplaced(std::string_view reason) {
    if (const auto times = unplaced_.due(steady_now())) {
        client_.reporter().say(
            {core::Severity::warning, "kafka_unknown_partition",
             fmt::format(
                 "librdkafka {} misses a partition that is none of those this worker reads: {} (told {} "
                 "times since the last such line). If a topic was deleted and made again, start the workers "
                 "again, so that nothing of the new one is skipped.",
                 rd_kafka_version_str(), reason, *times)});
    }
}

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

void Assignment::assigned(std::vector<core::TopicPartition> partitions, std::vector<core::Input>& inputs) {
    if (closing_) {
        rd_kafka_assign(client_.handle(), nullptr);
        return;
    }
    waiting_ = std::move(partitions);
    assign_due_ = true;
    try_assign(inputs);
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
    waiting_.clear();
    for (Positions::Unknown& each : positions.unknown) {
        tell_unknown(client_.reporter(), each.code, name_of(each.partition));
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
                RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, name_of(position.partition), position.held,
                steady_now());
            hold(position.partition);
            continue;
        }
        if (position.reset) {
            auto& faults = client_.reporter().stats().faults;
            ++faults.at(static_cast<std::size_t>(FaultKind::offset_out_of_range));
            client_.reporter().say(
                {core::Severity::error, "kafka_offset_reset",
                 fmt::format(
                     "{}: the committed offset does not exist any more; reading on from {}, the first one "
                     "there. Find out whether retention removed unread records or the topic was created "
                     "anew.",
                     name_of(position.partition), position.next.value)});
        }
        const core::Offset from =
            position.from_beginning ? core::Offset{RD_KAFKA_OFFSET_BEGINNING} : position.next;
        add(position.partition, from);
        const core::Epoch epoch = owned_.grant(position.partition, from);
        forget_held(position.partition);
        ++client_.reporter().stats().assignments;
        inputs.emplace_back(core::Assigned{
            epoch, std::move(position.partition), position.next, std::move(position.metadata)});
    }
    if (const auto code = rd_kafka_assign(client_.handle(), list.get())) {
        client_.reporter().fault(code, "assign", rd_kafka_err2str(code), steady_now());
    }
}

void Assignment::revoked(
    const std::vector<core::TopicPartition>& partitions, bool lost, std::vector<core::Input>& inputs) {
    assign_due_ = false;
    waiting_.clear();
    core::Revoked message{{}, lost};
    for (const core::TopicPartition& each : partitions) {
        forget_held(each);
        if (const auto epoch = owned_.find(each)) {
            message.epochs.push_back(*epoch);
        }
    }
    auto& stats = client_.reporter().stats();
    (lost ? stats.losses : stats.revocations) += message.epochs.size();
    unassign_due_ = true;
    if (lost || closing_ || message.epochs.empty()) {
        for (const core::Epoch epoch : message.epochs) {
            end(epoch);
        }
        unassign();
    } else {
        for (const core::Epoch epoch : message.epochs) {
            owned_.revoking(epoch);
            draining_.insert(epoch);
        }
    }
    if (!closing_ && !message.epochs.empty()) {
        inputs.emplace_back(std::move(message));
    }
}

void Assignment::release(const std::vector<core::Epoch>& epochs) {
    for (const core::Epoch epoch : epochs) {
        const Ownership* owned = owned_.find(epoch);
        if (owned == nullptr) {
            continue;
        }
        if (!owned->revoking) {
            // Given up without being asked, at a drain: librdkafka keeps it, silently, until the close.
            const core::TopicPartition partition = owned->partition;
            end(epoch);
            set_paused(partition, true);
            parked_.push_back(partition);
        } else {
            end(epoch);
        }
    }
    if (unassign_due_ && draining_.empty()) {
        unassign();
    }
    update_stats();
}

void Assignment::unassign() {
    unassign_due_ = false;
    draining_.clear();
    for (const core::TopicPartition& each : parked_) {
        set_paused(each, false);
    }
    parked_.clear();
    rd_kafka_assign(client_.handle(), nullptr);
}

void Assignment::pause(core::Epoch epoch) {
    if (Ownership* owned = owned_.find(epoch); owned != nullptr && !owned->paused) {
        owned->paused = true;
        rest_until_ = rest_until_.value_or(steady_now() + rest_longest);
    }
}

void Assignment::resume(core::Epoch epoch) {
    Ownership* owned = owned_.find(epoch);
    if (owned == nullptr || !owned->paused) {
        return;
    }
    owned->paused = false;
    // Resuming what was never paused would make librdkafka 2.0.2 read from an old position.
    if (std::exchange(owned->suspended, false)) {
        set_paused(owned->partition, false);
    }
    client_.wake().wake();  // for what was left in the queue meanwhile
}

bool Assignment::rests(common::Instant now) {
    if (!rest_until_) {
        return false;
    }
    const bool group_is_quiet = !closing_ && !assign_due_ && !unassign_due_;
    if (group_is_quiet && owned_.paused_briefly() && now < *rest_until_) {
        client_.wake().wake_after(*rest_until_ - now);
        return true;
    }
    rest_until_.reset();
    for (const core::Epoch epoch : owned_.epochs()) {
        Ownership& owned = *owned_.find(epoch);
        if (owned.paused && !std::exchange(owned.suspended, true)) {
            set_paused(owned.partition, true);
        }
    }
    return false;
}

void Assignment::hold(const core::TopicPartition& partition) {
    auto& held = client_.reporter().stats().partitions_held;
    if (!contains(held, partition)) {
        held.push_back(partition);
    }
}

void Assignment::close() {
    closing_ = true;
    assign_due_ = false;
    for (const core::Epoch epoch : owned_.epochs()) {
        end(epoch);
    }
    if (unassign_due_) {
        unassign();
    }
    update_stats();
}

void Assignment::set_paused(const core::TopicPartition& partition, bool paused) {
    const RdPartitions list = as_list({partition});
    const auto code = paused ? rd_kafka_pause_partitions(client_.handle(), list.get())
                             : rd_kafka_resume_partitions(client_.handle(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        client_.reporter().fault(
            code, name_of(partition), paused ? "cannot be paused" : "cannot be resumed", steady_now());
    }
}

void Assignment::end(core::Epoch epoch) {
    resume(epoch);
    owned_.end(epoch);
    draining_.erase(epoch);
}

void Assignment::forget_held(const core::TopicPartition& partition) {
    auto& held = client_.reporter().stats().partitions_held;
    held.erase(std::remove(held.begin(), held.end(), partition), held.end());
}

void Assignment::update_stats() {
    auto& stats = client_.reporter().stats();
    stats.partitions_owned = owned_.count();
    stats.partitions_waiting = waiting_.size();
}

}  // namespace kafka
