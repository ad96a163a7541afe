// Whose turn it is -> SendRequest.
#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

void Engine::Impl::dispatch() {
    // What leaves has only records in the lanes that have begun.
    if (!draining_) {
        send_canaries();
    }
    while (flights_.size() < settings_.in_flight_max || planted(Bug::in_flight_limit_ignored)) {
        const std::optional<ChannelId> urgent = most_urgent_channel();
        if (!urgent) {
            return;
        }
        send_next(*urgent);
    }
}

bool Engine::Impl::may_send(const Channel& channel) {
    const Endpoint& endpoint = endpoint_of(channel.app);
    return app(channel.app).gate.lets_through(now_.steady) &&
           (endpoint.in_flight < endpoint.capacity || planted(Bug::capacity_ignored)) &&
           (flights_.size() < settings_.in_flight_max || planted(Bug::in_flight_limit_ignored));
}

std::optional<ChannelId> Engine::Impl::most_urgent_channel() {
    std::optional<ChannelId> best;
    common::WallTime best_deadline = common::WallTime::max();
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        const Channel& candidate = channels_[i];
        const auto deadline = lanes_.most_urgent(ChannelId{i});
        if (!deadline || (best && *deadline >= best_deadline) || !may_send(candidate) ||
            gate_asks_canary(app(candidate.app))) {
            continue;
        }
        const Breaker::Sends sends = candidate.breaker.may_send(now_.steady);
        if (candidate.acceptance.state() == GateState::open &&
            (sends == Breaker::Sends::commands || sends == Breaker::Sends::one_command) &&
            (app(candidate.app).bucket.ready_at(now_.steady) <= now_.steady ||
             planted(Bug::token_bucket_ignored))) {
            best = ChannelId{i};
            best_deadline = *deadline;
        }
    }
    return best;
}

void Engine::Impl::send_next(ChannelId id) {
    Channel& from = channel(id);
    const Lanes::Turn turn = lanes_.take(id);
    Obligation& obligation = obligations_.at(turn.record);
    const Command& command = obligation.commands[obligation.current];
    Flight flight{.lane = turn.lane, .obligation = turn.record, .app = from.app, .action = command.action};
    flight.lost_before = obligation.progress[obligation.current].lost_before;
    flight.breaker_probe = from.breaker.may_send(now_.steady) == Breaker::Sends::one_command;
    if (flight.breaker_probe) {
        from.breaker.probe_sent();
    }
    obligation.in_flight = true;
    ++partition(obligation.record.epoch)->busy;
    static_cast<void>(app(from.app).bucket.take(now_.steady));
    launch(flight, command);
}

void Engine::Impl::send_canaries() {
    for (Channel& candidate : channels_) {
        if (!may_send(candidate) || app(candidate.app).bucket.ready_at(now_.steady) > now_.steady) {
            continue;
        }
        const Breaker::Sends sends = candidate.breaker.may_send(now_.steady);
        if (sends == Breaker::Sends::canary) {
            send_canary(candidate, true);
            continue;
        }
        const App& owner = app(candidate.app);
        const bool asked_by_acceptance = candidate.acceptance.state() == GateState::closed &&
                                         candidate.acceptance.lets_through(now_.steady);
        const bool asked_by_gate = gate_asks_canary(owner) && candidate.action == owner.refused_action;
        if ((asked_by_acceptance || asked_by_gate) && sends != Breaker::Sends::nothing) {
            // An open breaker lets one call through, and this is the one that may go: while everything was
            // rejected, no command is sent.
            send_canary(candidate, sends == Breaker::Sends::one_command);
        }
    }
}

// A command that is refused again and again may be the only one that is: the next probe is a value that
// nobody has. Without the canary the commands themselves go on probing.
bool Engine::Impl::gate_asks_canary(const App& owner) const {
    constexpr int refusals_before_canary = 3;
    return settings_.breaker.canary && owner.gate.state() == GateState::closed &&
           owner.gate.reason() != GateReason::throttled && owner.gate.closings() >= refusals_before_canary;
}

// The same kind of call with a value that nobody has: Apple answers 404 when it is well.
void Engine::Impl::send_canary(Channel& from, bool for_breaker) {
    ++stats_.counters.canaries;
    if (for_breaker) {
        from.breaker.canary_sent(now_.steady);
    }
    const auto fresh_value = [this] {
        // Drawn one after the other: arguments are evaluated in an order of the compiler's choice.
        const std::uint64_t high = random_.bits();
        const std::uint64_t low = random_.bits();
        return common::Secret{fmt::format("autosignin-canary-{:016x}{:016x}", high, low)};
    };
    Flight flight{.app = from.app, .action = from.action};
    flight.breaker_canary = for_breaker;
    const Command command{
        // braces evaluate from left to right
        from.action, fresh_value(), from.action == Action::update ? fresh_value() : common::Secret{}};
    static_cast<void>(app(from.app).bucket.take(now_.steady));
    launch(flight, command);
}

void Engine::Impl::launch(Flight flight, const Command& command) {
    Gate& gate = app(flight.app).gate;
    Gate& acceptance = channel(flight).acceptance;
    gate.probe_sent();
    if (!flight.lane && !flight.breaker_canary) {
        acceptance.probe_sent();
    }
    flight.term = gate.term();
    flight.acceptance_term = acceptance.term();
    flight.sent = now_.steady;
    ++endpoint_of(flight.app).in_flight;
    ++channel(flight).in_flight;
    const FlightKey key = flights_.insert(flight);
    effects_->emplace_back(SendRequest{
        ExchangeId{key.packed()}, request_for(command, flight.app, settings_.apps[flight.app.value].endpoint),
        now_.steady + settings_.request_timeout});
}

}  // namespace core
