// What the group gives and takes. How reading starts is in assignment_start.cpp, pauses in
// assignment_pauses.cpp.
#include "worker/adapters/kafka/assignment.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "worker/adapters/kafka/convert.hpp"

namespace kafka {
namespace {

std::vector<core::TopicPartition> copy(const rd_kafka_topic_partition_list_t* list) {
    std::vector<core::TopicPartition> partitions;
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
        partitions.push_back({list->elems[i].topic, list->elems[i].partition});
    }
    return partitions;
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
             partition_text(owned.partition))});
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

void Assignment::assigned(std::vector<core::TopicPartition> partitions, std::vector<core::Input>& inputs) {
    if (closing_) {
        rd_kafka_assign(client_.handle(), nullptr);
        return;
    }
    client_.reporter().set_session_ended(false);
    waiting_ = std::move(partitions);
    assign_due_ = true;
    try_assign(inputs);
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
    if (lost && rd_kafka_fatal_error(client_.handle(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        client_.reporter().set_session_ended(true);
    }
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

void Assignment::end(core::Epoch epoch) {
    resume(epoch);
    owned_.end(epoch);
    draining_.erase(epoch);
    refused_.erase(epoch);
}

void Assignment::refused(const core::TopicPartition& partition) {
    if (const auto epoch = owned_.find(partition)) {
        refused_.insert(*epoch);
        update_stats();
    }
}

void Assignment::update_stats() {
    auto& stats = client_.reporter().stats();
    stats.partitions_owned = owned_.count();
    stats.partitions_unread = waiting_.size() + refused_.size();
    stats.partitions_refused.clear();
    for (const core::Epoch epoch : refused_) {
        stats.partitions_refused.push_back(owned_.find(epoch)->partition);
    }
}

}  // namespace kafka
