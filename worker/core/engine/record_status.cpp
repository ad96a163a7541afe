// Where one record stands now. Costs O(records buffered), like status(): for a person's question.
#include "worker/core/engine/record_status.hpp"

#include "worker/core/engine/impl.hpp"
#include "worker/core/settle/offset_ranges.hpp"

namespace core {

namespace {

std::optional<common::Duration> time_until(common::Instant at, common::Now now) {
    return at != common::never && at > now.steady ? std::optional{at - now.steady} : std::nullopt;
}

bool settled(const OffsetTracker& tracker, Offset offset) {
    return offset < tracker.committable() || covers(tracker.finished_above(), offset);
}

}  // namespace

std::string_view stage_name(RecordStage stage) noexcept {
    constexpr std::array<std::string_view, record_stages.size()> names{"elsewhere", "unread",  "queued",
                                                                       "storing",   "settled", "let_go"};
    return names[static_cast<std::size_t>(stage)];
}

std::string_view barrier_name(Barrier::By by) noexcept {
    constexpr std::array<std::string_view, barrier_kinds.size()> names{"gate", "acceptance", "breaker"};
    return names[static_cast<std::size_t>(by)];
}

RecordStatus Engine::Impl::record_status(const Position& asked, common::Now now) const {
    RecordStatus told;
    const Partition* owned = nullptr;
    Epoch epoch;
    for (const auto& [each, partition] : partitions_) {  // the newest ownership counts
        if (partition.name == asked.partition) {
            owned = &partition;
            epoch = each;
        }
    }
    if (owned == nullptr) {
        return told;
    }
    told.committed = owned->committed;
    told.committable = owned->tracker.committable();
    told.position = owned->position;
    told.paused = owned->paused;
    told.leaving = owned->leaving;
    const Obligation* found = nullptr;
    obligations_.for_each([&](const Obligation& obligation) {
        if (obligation.record.epoch == epoch && obligation.record.offset == asked.offset) {
            found = &obligation;
        }
    });
    if (found == nullptr) {
        told.stage = asked.offset >= owned->position ? RecordStage::unread : RecordStage::settled;
        // What is idle is dropped when a partition leaves, and its offset stays unfinished.
        if (told.stage == RecordStage::settled && owned->leaving && !settled(owned->tracker, asked.offset)) {
            told.stage = RecordStage::let_go;
        }
    } else if (found->stage == Obligation::Stage::settling) {
        told.stage = RecordStage::storing;
    } else {
        told.stage = RecordStage::queued;
        told.lane = lane_place(*found, now);
    }
    return told;
}

std::optional<LanePlace> Engine::Impl::lane_place(const Obligation& asked, common::Now now) const {
    LanePlace told{.attempts_max = settings_.attempts_max};
    const std::optional<Lanes::View> lane = lanes_.view(lane_of(asked));
    if (!lane || lane->queue.empty()) {
        return std::nullopt;  // a question is no reason to stop the worker
    }
    while (told.ahead < lane->queue.size() && obligations_.find(lane->queue[told.ahead].record) != &asked) {
        ++told.ahead;
    }
    if (lane->due) {
        told.retry_in = time_until(*lane->due, now).value_or(common::Duration{0});
    }
    flights_.for_each([&](const Flight& flight) {
        if (flight.lane == lane->key && lane->in_flight) {
            told.in_flight_for = now.steady - flight.sent;
        }
    });
    const Obligation* const front = obligations_.find(lane->queue.front().record);
    if (front == nullptr) {
        return told;
    }
    const CommandProgress& progress = front->progress[front->current];
    told.front = Position{partitions_.at(front->record.epoch).name, front->record.offset};
    told.command = front->current;
    told.commands = front->commands.size();
    told.attempts = progress.attempts;
    told.charged = progress.charged;
    told.last_answer = progress.code;
    told.last_http_status = progress.status;
    const Command& command = front->commands[front->current];
    told.credential = settings_.credentials[command.credential.value].name;
    told.barriers = barriers_of(channels_[channel_of(command).value], now);
    return told;
}

std::vector<Barrier> Engine::Impl::barriers_of(const Channel& channel, common::Now now) const {
    std::vector<Barrier> barriers;
    const auto add_gate = [&](Barrier::By by, const Gate& gate) {
        if (gate.state() != GateState::open) {
            barriers.push_back(
                {by, state_name(gate.state()), reason_name(gate.reason()), now.steady - gate.closed_since(),
                 time_until(gate.next_try(), now)});
        }
    };
    add_gate(Barrier::By::gate, credentials_[channel.credential.value].gate);
    add_gate(Barrier::By::acceptance, channel.acceptance);
    if (channel.breaker.state() != BreakerState::closed) {
        barriers.push_back(
            {.by = Barrier::By::breaker,
             .state = state_name(channel.breaker.state()),
             .closed_for = now.steady - channel.breaker.open_since(),
             .next_try_in = time_until(channel.breaker.next_try(), now)});
    }
    return barriers;
}

}  // namespace core
