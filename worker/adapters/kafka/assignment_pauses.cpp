// Pauses: short ones rest the whole queue, librdkafka is told of long ones only.
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <utility>

#include "worker/adapters/kafka/assignment.hpp"
#include "worker/adapters/kafka/convert.hpp"
#include "worker/adapters/kafka/group_calls.hpp"

namespace kafka {
namespace {

// How long a pause may last until librdkafka is told: enough for the engine to work off a part of its buffer,
// short against every timeout of the group.
constexpr std::chrono::milliseconds rest_longest{250};

}  // namespace

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

void Assignment::set_paused(const core::TopicPartition& partition, bool paused) {
    const RdPartitions list = list_of(std::vector{partition});
    const auto code = paused ? rd_kafka_pause_partitions(client_.handle(), list.get())
                             : rd_kafka_resume_partitions(client_.handle(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        client_.reporter().fault(
            code, partition_text(partition), paused ? "cannot be paused" : "cannot be resumed", steady_now());
    }
}

}  // namespace kafka
