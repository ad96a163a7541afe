// ExchangeEnded -> what it means for the breaker, the gate and the command, in that order: first what the
// answer tells about everybody, then what it tells about one record.
#include <algorithm>

#include <fmt/format.h>

#include "common/overloaded.hpp"
#include "worker/core/engine/impl.hpp"
#include "worker/core/outcome/retry_after.hpp"

namespace core {

namespace {

Outcome outcome_of(Done done) {
    switch (done) {
        case Done::executed:
            return Outcome::executed;
        case Done::already_so:
            return Outcome::already_so;
        case Done::not_found:
            return Outcome::not_found;
        case Done::probably_executed:
            break;
    }
    return Outcome::probably_executed;
}

GateReason gate_reason(HoldReason reason) {
    switch (reason) {
        case HoldReason::credential_refused:
            return GateReason::credential_refused;
        case HoldReason::throttled:
            return GateReason::throttled;
        case HoldReason::misdirected:
            break;
    }
    return GateReason::misdirected;
}

std::string_view remedy(GateReason reason) {
    switch (reason) {
        case GateReason::credential_refused:
            return "Apple refuses the credential: check key id, issuer id, bundle id, that the key is an "
                   "active In-App "
                   "Purchase key, that the app is released (production), and the clock";
        case GateReason::misdirected:
            return "Apple's address answers like a wrong address or a proxy: check the base URL";
        case GateReason::throttled:
            return "Apple asks for a pause";
        case GateReason::rejecting_everything:
            return "every command in a row was rejected, so the fault is hardly in the records: check base "
                   "URL and "
                   "bundle id";
        case GateReason::none:
            break;
    }
    return "";
}

// What the wire did not reach at all, or reached and failed: the breaker's business.
enum class Health : std::uint8_t { well, sick, sick_and_free, unknown };

Health health_of(const Meaning& meaning, const Exchange& exchange) {
    if (const auto* not_sent = std::get_if<NotSent>(&exchange)) {
        const bool unreachable = not_sent->reason == NotSentReason::no_connection ||
                                 not_sent->reason == NotSentReason::deadline_before_sending;
        return unreachable ? Health::sick_and_free : Health::unknown;
    }
    if (std::holds_alternative<Hold>(meaning)) {
        return Health::unknown;  // the front door answered; nothing is known about what is behind it
    }
    return std::holds_alternative<Retry>(meaning) ? Health::sick : Health::well;
}

std::optional<common::Duration> wait_asked_for(const Exchange& exchange, common::WallTime now) {
    const auto* answer = std::get_if<Answer>(&exchange);
    return answer != nullptr && answer->retry_after ? retry_after(*answer->retry_after, now) : std::nullopt;
}

}  // namespace

void Engine::Impl::on(ExchangeEnded& ended) {
    const FlightKey key = FlightKey::unpack(ended.id.value);
    const Flight* const found = flights_.find(key);
    INVARIANT(found != nullptr, "an exchange ended twice");
    const Flight flight = *found;
    flights_.erase(key);
    --endpoint_of(flight.app).in_flight;
    const Exchange& exchange = ended.exchange;
    ++stats_.counters.attempts[answer_class_index(exchange)];
    if (!std::holds_alternative<NotSent>(exchange)) {
        stats_.exchange_seconds.observe(common::seconds(now_.steady - flight.sent));
    }

    const Meaning meaning = classify(flight.action, flight.lost_before, exchange);
    if (!flight.lane) {
        canary_ended(flight, meaning, exchange);
        return;
    }
    // Before the gate hears of it, since a rejection that looks systemic closes the gate itself.
    const bool suspicious = std::holds_alternative<Rejected>(meaning) && rejection_is_suspicious(flight);
    tell_breaker(flight, meaning, exchange);
    if (!suspicious) {
        tell_gate(flight, meaning, exchange);
    }

    Obligation* const obligation = obligations_.find(flight.obligation);
    if (obligation == nullptr) {
        lanes_.advance(flight.lane);  // released meanwhile; the lane was kept busy until now
        return;
    }
    obligation->in_flight = false;
    --partition(obligation->record.epoch)->busy;
    CommandProgress& progress = obligation->progress[obligation->current];
    if (!std::holds_alternative<NotSent>(exchange)) {
        ++progress.attempts;
    }
    if (!std::holds_alternative<Finished>(meaning)) {
        progress.code = answer_class(exchange);
        const auto* answer = std::get_if<Answer>(&exchange);
        progress.status = answer != nullptr ? std::optional{answer->status} : std::nullopt;
        obligation->first_failed = obligation->first_failed.value_or(now_.wall);
    }
    std::visit(
        common::Overloaded{
            [&](const Finished& finished) {
                finish_command(flight.lane, flight.obligation, outcome_of(finished.done));
            },
            [&](const Rejected&) {
                if (suspicious) {
                    retry_command(flight, false, exchange);
                } else {
                    fail_command(flight.lane, flight.obligation, DeadLetterReason::rejected);
                }
            },
            [&](const Hold&) { retry_command(flight, false, exchange); },
            [&](const Retry& retry) { retry_command(flight, retry.costs_attempt, exchange); },
        },
        meaning);
}

void Engine::Impl::tell_breaker(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Breaker& breaker = endpoint_of(flight.app).breaker;
    const std::string& host = settings_.endpoints[settings_.apps[flight.app.value].endpoint.value].name;
    switch (health_of(meaning, exchange)) {
        case Health::well: {
            const Breaker::Charged charged = breaker.answered(flight.lane, flight.sent, flight.breaker_probe);
            if (flight.breaker_probe) {
                say(Severity::info, "breaker_closed", "the API answers again", {{"endpoint", host}});
            }
            std::for_each(charged.begin(), charged.end(), [this](ObligationKey key) { charge(key); });
            return;
        }
        case Health::sick:
        case Health::sick_and_free: {
            const Obligation* const owner = obligations_.find(flight.obligation);
            const Breaker::Failure failure{
                .record = owner != nullptr ? flight.obligation : ObligationKey{},
                .lane = flight.lane,
                .free = health_of(meaning, exchange) == Health::sick_and_free,
                .suspect = owner != nullptr && owner->progress[owner->current].charged > 0,
                .probe = flight.breaker_probe};
            if (breaker.failed(failure, now_.steady, random_)) {
                say(Severity::error, "breaker_opened",
                    "most calls fail across accounts, so sending stops and one probe at a time is sent; "
                    "nothing is "
                    "dead-lettered for it",
                    {{"endpoint", host}, {"last", std::string{answer_class(exchange)}}});
            }
            return;
        }
        case Health::unknown:
            if (flight.breaker_probe) {
                breaker.probe_told_nothing(now_.steady);
            }
    }
}

void Engine::Impl::tell_gate(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Gate& gate = app(flight.app).gate;
    if (const auto* hold = std::get_if<Hold>(&meaning)) {
        const GateReason reason = gate_reason(hold->reason);
        const bool was_open = gate.state() == GateState::open;
        if (hold->reason == HoldReason::throttled) {
            gate.throttled(flight.term, now_, wait_asked_for(exchange, now_.wall), random_);
        } else if (
            gate.refused(flight.term, now_, reason, random_) && reason == GateReason::credential_refused) {
            effects_->emplace_back(RenewCredential{flight.app});
        }
        if (was_open && gate.state() != GateState::open) {
            say(reason == GateReason::throttled ? Severity::warning : Severity::error, "gate_closed",
                std::string{remedy(reason)},
                {{"app", name_of(flight.app)},
                 {"reason", std::string{reason_name(reason)}},
                 {"answer", std::string{answer_class(exchange)}}});
        }
        return;
    }
    if (std::holds_alternative<Retry>(meaning)) {
        if (flight.term == gate.term()) {
            gate.probe_told_nothing(now_, random_);
        }
        return;
    }
    if (std::holds_alternative<Finished>(meaning)) {
        app(flight.app).rejections_in_a_row = 0;
    }
    if (gate.processed(flight.term)) {
        say(Severity::info, "gate_opened", "Apple accepts commands again", {{"app", name_of(flight.app)}});
    }
}

bool Engine::Impl::rejection_is_suspicious(const Flight& flight) {
    App& sender = app(flight.app);
    if (!settings_.breaker.canary) {
        return false;
    }
    if (sender.gate.reason() == GateReason::rejecting_everything) {
        return true;
    }
    if (++sender.rejections_in_a_row <= settings_.rejections_in_a_row_max) {
        return false;
    }
    if (!sender.gate.refused(flight.term, now_, GateReason::rejecting_everything, random_)) {
        return true;  // from an earlier term: sent again, and judged then
    }
    say(Severity::error, "gate_closed", std::string{remedy(GateReason::rejecting_everything)},
        {{"app", name_of(flight.app)},
         {"reason", std::string{reason_name(GateReason::rejecting_everything)}}});
    return true;
}

void Engine::Impl::canary_ended(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Breaker& breaker = endpoint_of(flight.app).breaker;
    App& sender = app(flight.app);
    const Health health = health_of(meaning, exchange);
    if (flight.breaker_canary) {
        if (health == Health::well) {
            const Breaker::Charged charged = breaker.canary_answered(now_.steady);
            std::for_each(charged.begin(), charged.end(), [this](ObligationKey key) { charge(key); });
        } else if (health == Health::sick || health == Health::sick_and_free) {
            breaker.canary_failed(now_.steady, random_);
        } else {
            breaker.canary_told_nothing(now_.steady);
        }
    }
    if (std::holds_alternative<Rejected>(meaning)) {
        // Nothing is wrong with a fresh value: whatever rejects it rejects everything.
        sender.gate.refused(flight.term, now_, GateReason::rejecting_everything, random_);
        return;
    }
    if (std::holds_alternative<Finished>(meaning)) {
        sender.rejections_in_a_row = 0;
    }
    tell_gate(flight, meaning, exchange);
}

void Engine::Impl::charge(ObligationKey key) {
    Obligation* const obligation = obligations_.find(key);
    if (obligation == nullptr || obligation->stage != Obligation::Stage::queued) {
        return;
    }
    CommandProgress& progress = obligation->progress[obligation->current];
    if (progress.failures == 0) {
        return;  // the failure was an earlier command's of this record
    }
    ++progress.charged;
    // Only time between neighbouring failures counts as age: a pause behind a gate or breaker is longer.
    const common::Duration longest = settings_.retry.longest + settings_.request_timeout;
    if (progress.last_failure != common::Instant{}) {
        progress.age_spent += std::min(longest, now_.steady - progress.last_failure);
    }
    progress.last_failure = now_.steady;
    progress.spent = progress.spent || progress.charged >= settings_.attempts_max ||
                     (settings_.age_max > common::Duration{} && progress.age_spent >= settings_.age_max);
}

void Engine::Impl::retry_command(const Flight& flight, bool costs_attempt, const Exchange& exchange) {
    Obligation& obligation = obligations_.at(flight.obligation);
    if (draining_ || partition(obligation.record.epoch)->leaving) {
        lanes_.advance(flight.lane);
        forget(flight.obligation);
        return;
    }
    CommandProgress& progress = obligation.progress[obligation.current];
    if (progress.spent && costs_attempt) {
        fail_command(flight.lane, flight.obligation, DeadLetterReason::exhausted);
        return;
    }
    ++(costs_attempt ? stats_.counters.retries : stats_.counters.free_retries);
    progress.lost_before = progress.lost_before || std::holds_alternative<Lost>(exchange);
    const auto* not_sent = std::get_if<NotSent>(&exchange);
    const bool held_by_gate =
        !costs_attempt && (not_sent == nullptr || not_sent->reason == NotSentReason::no_credential);
    if (held_by_gate) {
        lanes_.again(flight.lane);
        return;
    }
    const common::Duration backoff = settings_.retry.after(progress.failures++, random_);
    const common::Duration asked = wait_asked_for(exchange, now_.wall).value_or(common::Duration{});
    lanes_.retry_at(flight.lane, now_.steady + std::max(backoff, asked));
}

void Engine::Impl::finish_command(LaneKey lane, ObligationKey key, Outcome outcome) {
    Obligation& obligation = obligations_.at(key);
    const std::size_t index = obligation.current;
    obligation.progress[index].outcome = outcome;
    ++stats_.counters.commands[static_cast<std::size_t>(obligation.commands[index].action)]
                              [static_cast<std::size_t>(outcome)];
    next_command(lane, key);
}

void Engine::Impl::fail_command(LaneKey lane, ObligationKey key, DeadLetterReason reason) {
    Obligation& obligation = obligations_.at(key);
    obligation.progress[obligation.current].reason = reason;
    finish_command(lane, key, Outcome::dead_lettered);
}

void Engine::Impl::next_command(LaneKey lane, ObligationKey key) {
    Obligation& obligation = obligations_.at(key);
    ++obligation.current;
    if (obligation.current == obligation.commands.size()) {
        lanes_.advance(lane);
        settle(key);
    } else {
        // Also when its partition leaves: a record that has begun is better ended than repeated.
        lanes_.again(lane);
    }
}

}  // namespace core
