// Whose turn it is -> SendRequest.
#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"

namespace core {

void Engine::Impl::dispatch() {
    // What leaves has only records in the lanes that have begun.
    if (!draining_) {
        send_canaries();
    }
    while (flights_.size() < settings_.in_flight_max) {
        const std::optional<AppId> urgent = most_urgent_app();
        if (!urgent) {
            return;
        }
        send_next(*urgent);
    }
}

bool Engine::Impl::may_send(const App& app, const Endpoint& endpoint) const {
    return app.gate.lets_through(now_.steady) && endpoint.in_flight < endpoint.capacity;
}

std::optional<AppId> Engine::Impl::most_urgent_app() {
    std::optional<AppId> best;
    common::WallTime best_deadline = common::WallTime::max();
    for (std::uint32_t i = 0; i < apps_.size(); ++i) {
        const AppId id{i};
        const auto deadline = lanes_.most_urgent(id);
        const Endpoint& endpoint = endpoint_of(id);
        const Breaker::Sends sends = endpoint.breaker.may_send(now_.steady);
        if (deadline && (!best || *deadline < best_deadline) && may_send(apps_[i], endpoint) &&
            apps_[i].gate.reason() != GateReason::rejecting_everything &&
            (sends == Breaker::Sends::commands || sends == Breaker::Sends::one_command) &&
            apps_[i].bucket.ready_at(now_.steady) <= now_.steady) {
            best = id;
            best_deadline = *deadline;
        }
    }
    return best;
}

void Engine::Impl::send_next(AppId id) {
    const Lanes::Turn turn = lanes_.take(id);
    Obligation& obligation = obligations_.at(turn.record);
    CommandProgress& progress = obligation.progress[obligation.current];
    if (progress.spent) {
        fail_command(turn.lane, turn.record, DeadLetterReason::exhausted);
        return;
    }
    Endpoint& endpoint = endpoint_of(id);
    const Command& command = obligation.commands[obligation.current];
    Flight flight{.lane = turn.lane, .obligation = turn.record, .app = id, .action = command.action};
    flight.lost_before = progress.lost_before;
    flight.breaker_probe = endpoint.breaker.may_send(now_.steady) == Breaker::Sends::one_command;
    if (flight.breaker_probe) {
        endpoint.breaker.probe_sent();
    }
    obligation.in_flight = true;
    ++partition(obligation.record.epoch)->busy;
    static_cast<void>(app(id).bucket.take(now_.steady));
    launch(flight, command);
}

void Engine::Impl::send_canaries() {
    for (std::uint32_t i = 0; i < apps_.size(); ++i) {
        const AppId id{i};
        Endpoint& endpoint = endpoint_of(id);
        if (flights_.size() >= settings_.in_flight_max || !may_send(apps_[i], endpoint)) {
            continue;
        }
        if (endpoint.breaker.may_send(now_.steady) == Breaker::Sends::canary) {
            send_canary(id, true);
        } else if (
            apps_[i].gate.reason() == GateReason::rejecting_everything &&
            endpoint.breaker.may_send(now_.steady) == Breaker::Sends::commands) {
            send_canary(id, false);
        }
    }
}

void Engine::Impl::send_canary(AppId id, bool for_breaker) {
    ++stats_.counters.canaries;
    if (for_breaker) {
        endpoint_of(id).breaker.canary_sent(now_.steady);
    }
    Flight flight{.app = id, .action = Action::erase};
    flight.breaker_canary = for_breaker;
    const Command command{
        Action::erase,
        common::Secret{fmt::format("autosignin-canary-{:016x}{:016x}", random_.bits(), random_.bits())},
        {}};
    launch(flight, command);
}

void Engine::Impl::launch(Flight flight, const Command& command) {
    app(flight.app).gate.probe_sent();
    flight.term = app(flight.app).gate.term();
    flight.sent = now_.steady;
    ++endpoint_of(flight.app).in_flight;
    const FlightKey key = flights_.insert(flight);
    effects_->emplace_back(SendRequest{
        ExchangeId{key.packed()}, request_for(command, flight.app, settings_.apps[flight.app.value].endpoint),
        now_.steady + settings_.request_timeout});
}

}  // namespace core
