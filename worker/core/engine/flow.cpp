// Backpressure: a full buffer pauses partitions while polling goes on.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"

namespace core {

namespace {

// A partition that is stuck must not take the room of the others. Not its equal part, though: Kafka hands out
// long runs of one partition, and pausing on each would throw away what was fetched ahead again and again.
std::size_t share_of_a_partition(std::size_t records_max, std::size_t partitions) {
    if (partitions == 1) {
        return records_max;
    }
    return std::max<std::size_t>(64, std::min(records_max * 4 / partitions, records_max / 4 * 3));
}

}  // namespace

void Engine::Impl::on(CapacityChanged& changed) {
    // At least one, so that a command finds out what is wrong when there is no connection at all.
    endpoints_[changed.endpoint.value].capacity = std::max<std::size_t>(1, changed.streams);
}

void Engine::Impl::on(CredentialChanged& changed) {
    app(changed.app).gate.probe_now(now_);
}

void Engine::Impl::pause_or_resume() {
    if (partitions_.empty()) {
        return;
    }
    const std::size_t total = obligations_.size();
    const bool full =
        total >= settings_.records_buffered_max || bytes_buffered_ >= settings_.bytes_buffered_max;
    const bool roomy = total * 4 <= settings_.records_buffered_max * 3 &&
                       bytes_buffered_ * 4 <= settings_.bytes_buffered_max * 3;
    const std::size_t share = share_of_a_partition(settings_.records_buffered_max, partitions_.size());
    for (auto& [epoch, partition] : partitions_) {
        const std::size_t span = partition.tracker.span();
        if (span >= settings_.span_max) {
            give_up_blocking_head(epoch, partition);
        }
        if (partition.leaving) {
            continue;
        }
        if (!partition.paused && (full || partition.buffered >= share || span >= settings_.span_max)) {
            partition.paused = true;
            effects_->emplace_back(Pause{epoch});
        } else if (
            partition.paused && roomy && partition.buffered * 4 <= share * 3 &&
            span * 4 <= settings_.span_max * 3) {
            partition.paused = false;
            effects_->emplace_back(Resume{epoch});
        }
    }
}

// One record that always fails while nearly everything behind it is finished would stop its partition.
void Engine::Impl::give_up_blocking_head(Epoch epoch, Partition& partition) {
    if (partition.tracker.unfinished() * 10 > partition.tracker.span()) {
        return;
    }
    const std::optional<Offset> head = partition.tracker.head();
    obligations_.for_each([&](ObligationKey, Obligation& obligation) {
        if (!head || obligation.record.epoch != epoch || obligation.record.offset != *head ||
            obligation.stage != Obligation::Stage::queued) {
            return;
        }
        CommandProgress& progress = obligation.progress[obligation.current];
        if (progress.charged > 0 && !progress.spent) {
            progress.spent = true;
            ++stats_.counters.heads_given_up;
            say(Severity::error, "head_given_up",
                "one record that fails while others succeed held a full window of its partition; it goes to "
                "the "
                "dead-letter topic so that the partition moves on",
                {{"topic", partition.name.topic},
                 {"partition", fmt::to_string(partition.name.partition)},
                 {"offset", fmt::to_string(head->value)}});
        }
    });
}

}  // namespace core
