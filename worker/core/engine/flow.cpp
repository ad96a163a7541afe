// Backpressure: a full buffer pauses partitions while polling goes on.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

struct Room {
    std::size_t records = 0;
    std::size_t bytes = 0;
};

}  // namespace

void Engine::Impl::on(CapacityChanged& changed) {
    // At least one, so that a command finds out what is wrong when there is no connection at all.
    endpoints_[changed.endpoint.value].capacity = std::max<std::size_t>(1, changed.streams);
}

void Engine::Impl::on(CredentialChanged& changed) {
    credential(changed.credential).gate.probe_now(now_);
}

// Half of the buffer is divided evenly among the partitions and always theirs, so that records that are stuck
// (a refused credential, a dead-letter topic that is missing) never take the room of other partitions. The
// other half goes to whoever has most to do.
void Engine::Impl::pause_or_resume() {
    if (partitions_.empty()) {
        return;
    }
    const std::size_t count = partitions_.size();
    const Room most{settings_.records_buffered_max, settings_.bytes_buffered_max};
    const Room own{
        std::max<std::size_t>(1, most.records / (2 * count)),
        std::max<std::size_t>(1, most.bytes / (2 * count))};
    Room taken{obligations_.size(), bytes_buffered_};
    for (const auto& [epoch, partition] : partitions_) {
        taken.records += own.records - std::min(own.records, partition.buffered);
        taken.bytes += own.bytes - std::min(own.bytes, partition.bytes);
    }
    const bool full = taken.records >= most.records || taken.bytes >= most.bytes;
    const bool roomy = taken.records * 4 <= most.records * 3 && taken.bytes * 4 <= most.bytes * 3;
    for (auto& [epoch, partition] : partitions_) {
        const std::size_t span = partition.tracker.span();
        if (span >= settings_.span_max) {
            give_up_blocking_head(epoch, partition);
        }
        if (partition.leaving) {
            continue;
        }
        const bool above_own = partition.buffered >= own.records || partition.bytes >= own.bytes;
        const bool well_below_own = partition.buffered * 2 <= own.records && partition.bytes * 2 <= own.bytes;
        if (!planted(Bug::pause_never_asked) && !partition.paused &&
            ((full && above_own) || span >= settings_.span_max)) {
            partition.paused = true;
            effects_->emplace_back(Pause{epoch});
        } else if (
            !planted(Bug::pause_never_resumed) && partition.paused && (roomy || well_below_own) &&
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
        CommandProgress& progress = obligation.progress_now();
        const bool failed = progress.charged > 0 || planted(Bug::head_given_up_unproved);
        const bool proved = failed || progress.withheld > 0;
        if (proved && !progress.given_up && may_give_up_head(obligation)) {
            progress.given_up = true;
            progress.spent = progress.spent || failed;  // what was only rejected waits for its next rejection
            ++stats_.counters.heads_given_up;
            say(Severity::error, "head_given_up",
                "one record that fails while others succeed held a full window of its partition; it goes to "
                "the "
                "dead-letter topic so that the partition moves on",
                about(obligation));
        }
    });
}

}  // namespace core
