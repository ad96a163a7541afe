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
    while (const std::optional<ChannelId> urgent = most_urgent_channel()) {
        send_next(*urgent);
    }
}

bool Engine::Impl::may_send(const Channel& channel) {
    const Endpoint& endpoint = endpoint_of(channel.credential);
    const bool tokens = channel.api == Api::automatic_sign_in;
    const std::size_t in_flight =
        planted(Bug::second_api_eats_all_flights) ? flights_.size() : in_flight_at(channel.api);
    if (channel.action == Action::key_set && (channel.in_flight > 0 || planted(Bug::key_set_never_fetched))) {
        return false;  // one fetch serves all
    }
    return credential(channel.credential).gate.lets_through(now_.steady) &&
           (endpoint.in_flight < endpoint.capacity || planted(Bug::capacity_ignored)) &&
           (in_flight < (tokens || planted(Bug::second_api_eats_all_flights)
                             ? settings_.in_flight_max
                             : settings_.identity_in_flight_max) ||
            planted(Bug::in_flight_limit_ignored));
}

std::optional<ChannelId> Engine::Impl::most_urgent_channel() {
    std::optional<ChannelId> best;
    common::WallTime best_deadline = common::WallTime::max();
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        const Channel& candidate = channels_[i];
        const auto deadline = lanes_.most_urgent(ChannelId{i});
        if (!deadline || (best && *deadline >= best_deadline) || !may_send(candidate) ||
            gate_asks_canary(credential(candidate.credential))) {
            continue;
        }
        const Breaker::Sends sends = candidate.breaker.may_send(now_.steady);
        if (candidate.acceptance.state() == GateState::open &&
            (sends == Breaker::Sends::commands || sends == Breaker::Sends::one_command) &&
            (credential(candidate.credential).bucket.ready_at(now_.steady) <= now_.steady ||
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
    if (command.action == Action::check && asked_lately(command, turn.record)) {
        obligation.progress_now().session = SessionState::not_asked;
        ++stats_.counters.sessions_not_asked;
        finish_command(turn.lane, turn.record, Outcome::nothing_to_do);
        return;
    }
    Flight flight{
        .lane = turn.lane,
        .obligation = turn.record,
        .credential = from.credential,
        .action = command.action};
    flight.lost_before = obligation.progress[obligation.current].lost_before;
    flight.breaker_probe = from.breaker.may_send(now_.steady) == Breaker::Sends::one_command;
    if (flight.breaker_probe) {
        from.breaker.probe_sent();
    }
    obligation.in_flight = true;
    ++partition(obligation.record.epoch)->busy;
    static_cast<void>(credential(from.credential).bucket.take(now_.steady));
    launch(flight, command);
}

void Engine::Impl::send_canaries() {
    for (Channel& candidate : channels_) {
        if (!may_send(candidate) ||
            credential(candidate.credential).bucket.ready_at(now_.steady) > now_.steady) {
            continue;
        }
        const Breaker::Sends sends = candidate.breaker.may_send(now_.steady);
        if (sends == Breaker::Sends::canary) {
            send_canary(candidate, true);
            continue;
        }
        const Credential& owner = credential(candidate.credential);
        const bool asked_by_acceptance = candidate.acceptance.state() == GateState::closed &&
                                         candidate.acceptance.lets_through(now_.steady);
        const bool asked_by_gate = gate_asks_canary(owner) && candidate.action == owner.refused_action;
        if ((asked_by_acceptance || asked_by_gate || key_set_is_due(candidate)) &&
            sends != Breaker::Sends::nothing) {
            // An open breaker lets one call through, and this is the one that may go: while everything was
            // rejected, no command is sent.
            send_canary(candidate, sends == Breaker::Sends::one_command);
        }
    }
}

// A command that is refused again and again may be the only one that is: the next probe is a value that
// nobody has. A throttle is about everybody, unless it is of a check: that one may be about a person. Without
// the canary the commands themselves go on probing.
bool Engine::Impl::gate_asks_canary(const Credential& owner) const {
    constexpr int refusals_before_canary = 3;
    if (!settings_.breaker.canary || owner.gate.state() != GateState::closed) {
        return false;
    }
    return owner.gate.reason() == GateReason::throttled
               ? owner.refused_action == Action::check && owner.refused_for == GateReason::throttled
               : owner.gate.closings() >= refusals_before_canary;
}

// The same kind of call with a value that nobody has. When Apple is well it answers 404 to an Update or a
// Delete, 200 to a revocation (O) and invalid_grant to a check. The key set is its own canary.
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
    Flight flight{.credential = from.credential, .action = from.action};
    flight.breaker_canary = for_breaker;
    Command command;
    command.action = from.action;
    command.credential = from.credential;
    if (from.action == Action::key_set) {
        keys_.refresh_wanted = false;
    } else {
        command.value = fresh_value();
    }
    if (from.action == Action::update) {
        command.replacement = fresh_value();
    }
    static_cast<void>(credential(from.credential).bucket.take(now_.steady));
    launch(flight, command);
}

void Engine::Impl::launch(Flight flight, const Command& command) {
    Gate& gate = credential(flight.credential).gate;
    Gate& acceptance = channel(flight).acceptance;
    gate.probe_sent();
    if (!flight.lane && !flight.breaker_canary) {
        acceptance.probe_sent();
    }
    flight.term = gate.term();
    flight.acceptance_term = acceptance.term();
    flight.sent = now_.steady;
    ++endpoint_of(flight.credential).in_flight;
    ++in_flight_at(channel(flight).api);
    ++channel(flight).in_flight;
    const FlightKey key = flights_.insert(flight);
    const CredentialSettings& owner = settings_.credentials[flight.credential.value];
    effects_->emplace_back(SendRequest{
        ExchangeId{key.packed()}, request_for(command, owner.endpoint, owner.client_id),
        now_.steady + settings_.request_timeout});
}

}  // namespace core
