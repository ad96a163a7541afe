// What is reported when somebody asks: gauges, gates, breakers, partitions.
#include <algorithm>
#include <utility>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// What an event says of its age counts only while it is believed: an invalid one may name any time.
common::WallTime owed_since(const Obligation& obligation) {
    const auto& time = obligation.envelope.time;
    return time && obligation.invalid_code.empty()
               ? *time
               : obligation.lineage.since.value_or(obligation.record.timestamp);
}

}  // namespace

Status Engine::Impl::status(common::Now now) const {
    Status status;
    status.in_flight = flights_.size();
    status.in_flight_max =
        settings_.in_flight_max + (identity_in_use() ? settings_.identity_in_flight_max : 0);
    if (keys_.set) {
        status.key_set_age = now.steady - keys_.asked;
    }
    status.notifications_remembered = notifications_.size();
    status.sessions_remembered = sessions_.size();
    status.lanes = lanes_.size();
    status.lanes_waiting = lanes_.waiting();
    status.records_buffered = obligations_.size();
    status.bytes_buffered = bytes_buffered_;
    status.stores_in_flight = stores_in_flight_;
    status.draining = draining_;

    std::optional<common::WallTime> oldest;
    obligations_.for_each([&](const Obligation& obligation) {
        if (obligation.envelope.type == EventType::session_check) {
            return;  // a question signs nobody out: nobody is to be woken because it waits
        }
        if (obligation.stage == Obligation::Stage::queued ||
            (obligation.owes_dead_letter() && !planted(Bug::letters_not_shown_as_open))) {
            const common::WallTime since = owed_since(obligation);
            oldest = !oldest                                  ? since
                     : planted(Bug::youngest_shown_as_oldest) ? std::max(*oldest, since)
                                                              : std::min(*oldest, since);
            std::optional<common::Duration>& longest =
                status.oldest_by_wait[static_cast<std::size_t>(wait_of(obligation))];
            longest = std::max(longest, std::optional{common::age(since, now.wall)});
        }
    });
    if (oldest) {
        status.oldest_unexecuted = common::age(*oldest, now.wall);
    }

    status.standstill = standstill(now);
    show_holds(status, now);
    for (const auto& [epoch, partition] : partitions_) {
        status.partitions.push_back(
            {partition.name, epoch, partition.committed, partition.tracker.committable(), partition.buffered,
             partition.tracker.span(), partition.map_chars, partition.paused, partition.leaving});
    }
    return status;
}

Wait Engine::Impl::wait_of(const Obligation& obligation) const {
    if (obligation.stage == Obligation::Stage::settling || obligation.current >= obligation.commands.size()) {
        return Wait::storing;
    }
    if (obligation.in_flight) {
        return Wait::in_flight;
    }
    if (held(channels_[channel_of(obligation.commands[obligation.current]).value])) {
        return Wait::held;
    }
    const CommandProgress& progress = obligation.progress[obligation.current];
    return progress.failures > 0 || progress.withheld > 0 ? Wait::retrying : Wait::queued;
}

void Engine::Impl::show_holds(Status& status, common::Now now) const {
    for (std::size_t i = 0; i < settings_.endpoints.size(); ++i) {
        status.endpoints.push_back({.name = settings_.endpoints[i].name, .capacity = endpoints_[i].capacity});
    }
    for (std::size_t i = 0; i < credentials_.size(); ++i) {
        const Gate* gate = &credentials_[i].gate;
        std::size_t ready = 0;
        common::TokenBucket bucket = credentials_[i].bucket;
        const bool limited = bucket.ready_at(now.steady) > now.steady;
        const CredentialSettings& settings = settings_.credentials[i];
        const Api api = api_of(settings.kind);
        for (const Action action : actions_of(settings.kind)) {
            const ChannelId id = channel_of(CredentialId{static_cast<std::uint32_t>(i)}, action);
            const Channel& channel = channels_[id.value];
            const std::size_t lanes = lanes_.ready(id);
            ready += lanes;
            if (gate->state() == GateState::open) {
                gate =
                    &channel.acceptance;  // the credential's is open: what holds its calls is shown instead
            }
            (held(channel) ? status.lanes_held
             : limited     ? status.lanes_limited
                           : status.lanes_ready) += lanes;
            BreakerStatus breaker{
                .api = api, .credential = settings.name, .action = action, .state = channel.breaker.state()};
            if (breaker.state != BreakerState::closed) {
                breaker.open_for = now.steady - channel.breaker.open_since();
            }
            status.breakers.push_back(std::move(breaker));
        }
        GateStatus shown{
            .api = api, .credential = settings.name, .state = gate->state(), .reason = gate->reason()};
        if (gate->state() != GateState::open) {
            shown.closed_for = now.steady - gate->closed_since();
            shown.lanes_waiting = ready;
        }
        if (gate->next_try() != common::never && gate->next_try() > now.steady) {
            shown.reopens_in = gate->next_try() - now.steady;
        }
        status.gates.push_back(std::move(shown));
    }
}

}  // namespace core
