#include "worker/core/engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

constexpr double exhausted_at_once_max = 10;

}  // namespace

Engine::Engine(Settings settings) : impl_{std::make_unique<Impl>(std::move(settings))} {}
Engine::~Engine() = default;

void Engine::step(std::span<Input> inputs, common::Now now, Effects& effects) {
    impl_->step(inputs, now, effects);
}
common::Instant Engine::next_deadline() const {
    return impl_->next_deadline();
}
const Stats& Engine::stats() const noexcept {
    return impl_->stats();
}
Status Engine::status(common::Now now) const {
    return impl_->status(now);
}

Engine::Impl::Impl(Settings settings)
    : settings_{std::move(settings)},
      random_{settings_.seed},
      lanes_{settings_.apps.size() * actions.size()} {
    for (const AppSettings& app : settings_.apps) {
        INVARIANT(
            app.endpoint.value < settings_.endpoints.size(),
            "an app names an endpoint that is not configured");
        const AppId id{static_cast<std::uint32_t>(apps_.size())};
        apps_.push_back(
            {Gate{{settings_.refused, settings_.throttled}},
             common::TokenBucket{app.requests_per_second, app.burst}});
        for (const Action action : actions) {
            channels_.push_back(
                {.app = id,
                 .action = action,
                 .breaker = Breaker{settings_.breaker},
                 .acceptance = Gate{{settings_.refused, settings_.throttled}},
                 .exhaustions =
                     common::TokenBucket{settings_.exhausted_per_minute_max / 60, exhausted_at_once_max}});
        }
    }
    for (std::size_t i = 0; i < settings_.endpoints.size(); ++i) {
        endpoints_.push_back({0, settings_.in_flight_max});
    }
}

void Engine::Impl::step(std::span<Input> inputs, common::Now now, Effects& effects) {
    now_ = now;
    effects_ = &effects;
    begin_watch();
    for (Input& input : inputs) {
        std::visit([this](auto& happened) { on(happened); }, input);
    }
    lanes_.wake(now_.steady);
    dispatch();
    emit_stores();
    commit_if_due(false);
    let_go();
    pause_or_resume();
    watch_for_standstill();
    next_deadline_ = earliest_deadline();
    effects_ = nullptr;
}

common::Instant Engine::Impl::earliest_deadline() {
    common::Instant earliest = lanes_.next_due();
    // Only the future counts: what is possible now was done in this step, or waits for an input.
    const auto consider = [&](common::Instant at) {
        if (at > now_.steady) {
            earliest = std::min(earliest, at);
        }
    };
    if (!stores_to_repeat_.empty()) {
        consider(stores_to_repeat_.begin()->first);
    }
    if (commit_under_way_.empty() &&
        std::any_of(
            partitions_.begin(), partitions_.end(), [](const auto& entry) { return entry.second.dirty; })) {
        consider(next_commit_);
    }
    for (const Leaving& group : leaving_) {
        consider(group.deadline);
        consider(next_commit_);
    }
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        Channel& channel = channels_[i];
        consider(channel.breaker.next_try());
        consider(channel.acceptance.next_try());
        consider(app(channel.app).gate.next_try());
        if (lanes_.ready(ChannelId{i}) > 0) {
            consider(app(channel.app).bucket.ready_at(now_.steady));
        }
    }
    consider(next_watch());
    return earliest;
}

Status Engine::Impl::status(common::Now now) const {
    Status status;
    status.in_flight = flights_.size();
    status.in_flight_max = settings_.in_flight_max;
    status.lanes = lanes_.size();
    status.lanes_waiting = lanes_.waiting();
    status.records_buffered = obligations_.size();
    status.bytes_buffered = bytes_buffered_;
    status.stores_in_flight = stores_in_flight_;
    status.draining = draining_;

    std::optional<common::WallTime> oldest;
    obligations_.for_each([&](const Obligation& obligation) {
        if (obligation.stage == Obligation::Stage::queued ||
            (obligation.owes_dead_letter() && !planted(Bug::letters_not_shown_as_open))) {
            const common::WallTime since = obligation.envelope.time.value_or(obligation.record.timestamp);
            oldest = !oldest                                  ? since
                     : planted(Bug::youngest_shown_as_oldest) ? std::max(*oldest, since)
                                                              : std::min(*oldest, since);
        }
    });
    if (oldest) {
        status.oldest_unexecuted = common::age(*oldest, now.wall);
    }

    status.stands_still_for = stands_still_for(now);
    show_holds(status, now);
    for (const auto& [epoch, partition] : partitions_) {
        status.partitions.push_back(
            {partition.name, epoch, partition.committed, partition.tracker.committable(), partition.buffered,
             partition.tracker.span(), partition.map_chars, partition.paused, partition.leaving});
    }
    return status;
}

void Engine::Impl::show_holds(Status& status, common::Now now) const {
    for (std::size_t i = 0; i < settings_.endpoints.size(); ++i) {
        status.breakers.push_back(
            {.endpoint = settings_.endpoints[i].name, .capacity = endpoints_[i].capacity});
    }
    for (std::size_t i = 0; i < apps_.size(); ++i) {
        const Gate* gate = &apps_[i].gate;
        std::size_t ready = 0;
        for (const Action action : actions) {
            const ChannelId id = channel_of(AppId{static_cast<std::uint32_t>(i)}, action);
            const Channel& channel = channels_[id.value];
            const std::size_t lanes = lanes_.ready(id);
            ready += lanes;
            if (gate->state() == GateState::open) {
                gate = &channel.acceptance;  // the app's is open: what its calls are held by is shown instead
            }
            const bool held = apps_[i].gate.state() != GateState::open ||
                              channel.acceptance.state() != GateState::open ||
                              channel.breaker.state() != BreakerState::closed;
            status.lanes_held += held ? lanes : 0;
            // A host is shown as its worst channel.
            BreakerStatus& shown = status.breakers[settings_.apps[i].endpoint.value];
            if (channel.breaker.state() != BreakerState::closed && shown.state != BreakerState::open) {
                shown.state = channel.breaker.state();
                shown.open_for = now.steady - channel.breaker.open_since();
            }
        }
        status.lanes_ready += ready;
        GateStatus shown{.app = settings_.apps[i].name, .state = gate->state(), .reason = gate->reason()};
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

void Engine::Impl::say(
    Severity severity, std::string_view event, std::string message,
    std::vector<std::pair<std::string_view, std::string>> fields) {
    effects_->emplace_back(Say{severity, event, std::move(message), std::move(fields)});
}

Engine::Impl::Partition* Engine::Impl::partition(Epoch epoch) {
    const auto found = partitions_.find(epoch);
    return found == partitions_.end() ? nullptr : &found->second;
}

}  // namespace core
