// ExchangeEnded -> what becomes of the command. What the answer tells about everybody is in verdicts.cpp.
#include <algorithm>

#include <fmt/format.h>

#include "common/overloaded.hpp"
#include "worker/core/engine/impl.hpp"
#include "worker/core/outcome/retry_after.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

Outcome outcome_of(Done done) {
    switch (done) {
        case Done::executed:
        case Done::session_over:
            return Outcome::executed;
        case Done::already_so:
            return Outcome::already_so;
        case Done::not_found:
            return Outcome::not_found;
        case Done::probably_executed:
            break;
        case Done::asked_too_soon:
            return Outcome::nothing_to_do;
    }
    return Outcome::probably_executed;
}

}  // namespace

void Engine::Impl::on(ExchangeEnded& ended) {
    const FlightKey key = FlightKey::unpack(ended.id.value);
    const Flight* const found = flights_.find(key);
    INVARIANT(found != nullptr, "an exchange ended twice");
    const Flight flight = *found;
    flights_.erase(key);
    --endpoint_of(flight.credential).in_flight;
    --in_flight_at(channel(flight).api);
    --channel(flight).in_flight;
    const Exchange& exchange = ended.exchange;
    ++stats_.counters.attempts[answer_class_index(exchange)];
    if (std::holds_alternative<Answer>(exchange)) {
        moved_ = now_.steady;
    }
    if (!std::holds_alternative<NotSent>(exchange)) {
        stats_.exchange_seconds.observe(common::seconds(now_.steady - flight.sent));
    }

    const Meaning meaning = meaning_of(flight, exchange);
    if (flight.action == Action::key_set && std::holds_alternative<Finished>(meaning)) {
        take_key_set(flight, exchange);
    }
    if (!flight.lane) {
        canary_ended(flight, meaning, exchange);
        return;
    }
    const bool suspicious = std::holds_alternative<Rejected>(meaning) && rejection_is_suspicious(flight);
    tell_breaker(flight, meaning, exchange);
    if (!planted(Bug::wait_kept_in_the_command_only) || obligations_.find(flight.obligation) != nullptr) {
        tell_gate(flight, meaning, exchange);
    }

    Obligation* const obligation = obligations_.find(flight.obligation);
    if (obligation == nullptr) {
        if (!planted(Bug::lane_stays_busy)) {
            lanes_.advance(flight.lane);  // released meanwhile; the lane was kept busy until now
        }
        return;
    }
    obligation->in_flight = false;
    --partition(obligation->record.epoch)->busy;
    CommandProgress& progress = obligation->progress_now();
    if (!std::holds_alternative<NotSent>(exchange)) {
        ++progress.attempts;
    }
    if (!std::holds_alternative<Finished>(meaning)) {
        progress.code = answer_class(exchange);
        const auto* answer = std::get_if<Answer>(&exchange);
        progress.status = answer != nullptr ? std::optional{answer->status} : std::nullopt;
        obligation->first_failed = obligation->first_failed.value_or(now_.wall);
        if (settings_.say_outcomes) {
            say_failed(*obligation, flight, ended.id, exchange);
        }
    }
    std::visit(
        common::Overloaded{
            [&](const Finished& finished) {
                if (flight.action == Action::key_set) {
                    judge_in_lane(flight.lane, flight.obligation);
                    return;
                }
                watch_deletes(flight, progress, finished.done);
                if (flight.action == Action::check) {
                    session_answered(obligation->commands[obligation->current], progress, finished.done);
                }
                finish_command(flight.lane, flight.obligation, outcome_of(finished.done));
            },
            [&](const Rejected&) {
                if (suspicious) {
                    retry_command(flight, false, exchange);
                } else if (!may_reject(flight, progress)) {
                    withhold_rejection(flight, exchange);
                } else {
                    if (flight.action == Action::check) {
                        remember_answer(obligation->commands[obligation->current]);
                    }
                    fail_command(flight.lane, flight.obligation, DeadLetterReason::rejected);
                }
            },
            [&](const Hold&) { retry_command(flight, false, exchange); },
            [&](const Retry& retry) { retry_command(flight, retry.costs_attempt, exchange); },
        },
        meaning);
}

// What happened on the wire; what becomes of the command is told when its event ends.
void Engine::Impl::say_failed(
    const Obligation& obligation, const Flight& flight, ExchangeId id, const Exchange& exchange) {
    const CommandProgress& progress = obligation.progress[obligation.current];
    const int unsent = std::holds_alternative<NotSent>(exchange) ? 1 : 0;
    Fields fields{
        {"request", fmt::to_string(id.value)},
        {"attempt", fmt::to_string(progress.attempts + unsent)},
        {"action", std::string{action_name(flight.action)}},
        {"answer", std::string{progress.code}}};
    if (progress.status) {
        fields.emplace_back("status", fmt::to_string(*progress.status));
    }
    say(Severity::debug, "attempt_failed", "an attempt of a command did not succeed",
        named(flight.credential, about(obligation, std::move(fields))));
}

// As the table says, unless Apple refuses this one command again and again while it takes canaries: then the
// refusal is about the command, whatever its status says, and must not hold everybody. So is a throttle of a
// check, which Apple may lay on one person; any other is about everybody.
Meaning Engine::Impl::meaning_of(const Flight& flight, const Exchange& exchange) {
    constexpr int refusals_that_convict = 3;
    constexpr int unreadable_answers_max = 3;
    Meaning meaning = classify(flight.action, flight.lost_before, exchange);
    const auto* const hold = std::get_if<Hold>(&meaning);
    Obligation* const obligation = flight.lane ? obligations_.find(flight.obligation) : nullptr;
    if (hold != nullptr && obligation != nullptr) {
        const CommandProgress& progress = obligation->progress[obligation->current];
        if (hold->reason != HoldReason::throttled && progress.refused_alone >= refusals_that_convict) {
            meaning = Rejected{};
        } else if (
            hold->reason == HoldReason::throttled && flight.action == Action::check &&
            progress.throttled_alone >= refusals_that_convict) {
            meaning = Finished{Done::asked_too_soon};
        }
    }
    if (const auto* rejected = std::get_if<Rejected>(&meaning);
        rejected != nullptr && !rejected->certain && obligation != nullptr &&
        obligation->progress[obligation->current].unreadable++ < unreadable_answers_max) {
        meaning = Retry{};
    }
    return meaning;
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
    progress.charged += planted(Bug::poison_tried_for_ever) ? 0 : 1;
    // Only time between neighbouring failures counts as age: a pause behind a gate or breaker is longer.
    const common::Duration longest = settings_.retry.longest + settings_.request_timeout;
    if (progress.last_failure != common::Instant{}) {
        progress.age_spent += std::min(longest, now_.steady - progress.last_failure);
    }
    progress.last_failure = now_.steady;
    const int attempts_max = settings_.attempts_max - (planted(Bug::exhausted_too_early) ? 5 : 0);
    progress.spent = progress.spent || progress.charged >= attempts_max ||
                     (settings_.age_max > common::Duration{} && progress.age_spent >= settings_.age_max);
}

// What would be sent again is left to the partition's next owner.
bool Engine::Impl::dropped_when_leaving(const Flight& flight) {
    const Obligation& obligation = obligations_.at(flight.obligation);
    if (!draining_ && !partition(obligation.record.epoch)->leaving) {
        return false;
    }
    static_cast<void>(
        planted(Bug::drain_forgets_a_retry) &&
        partition(obligation.record.epoch)->tracker.finished(obligation.record.offset));
    lanes_.advance(flight.lane);
    forget(flight.obligation);
    return true;
}

void Engine::Impl::retry_command(const Flight& flight, bool costs_attempt, const Exchange& exchange) {
    if (dropped_when_leaving(flight)) {
        return;
    }
    CommandProgress& progress = obligations_.at(flight.obligation).progress_now();
    // The key set is asked for on behalf of all who wait: no record gives up on it.
    if ((progress.spent || (planted(Bug::outage_exhausts) && progress.failures > 2)) && costs_attempt &&
        flight.action != Action::key_set && may_exhaust(flight, progress)) {
        fail_command(flight.lane, flight.obligation, DeadLetterReason::exhausted);
        return;
    }
    ++(costs_attempt ? stats_.counters.retries : stats_.counters.free_retries);
    // Lost, 408, 5xx: it may have been executed all the same.
    progress.lost_before = progress.lost_before || (costs_attempt && !planted(Bug::lost_update_not_found));
    const auto* not_sent = std::get_if<NotSent>(&exchange);
    const bool held_by_gate =
        !costs_attempt && (not_sent == nullptr || not_sent->reason == NotSentReason::no_credential);
    if (held_by_gate) {
        lanes_.again(flight.lane, channel_of(flight.credential, flight.action));
        return;
    }
    const common::Duration backoff = settings_.retry.after(progress.failures++, random_);
    const common::Duration asked = retry_after(exchange, now_.wall).value_or(common::Duration{});
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
    INVARIANT(
        obligation.commands[obligation.current].action != Action::key_set,
        "a notification that nobody verified would go on to its Deletes");
    finish_command(lane, key, Outcome::dead_lettered);
}

void Engine::Impl::next_command(LaneKey lane, ObligationKey key) {
    Obligation& obligation = obligations_.at(key);
    const bool in_session_lane = goes_to_session_lane(obligation.commands[obligation.current]);
    obligation.current = obligation.next_from(obligation.current + 1);
    if (obligation.current == obligation.commands.size()) {
        lanes_.advance(lane);
        settle(key);
        return;
    }
    // Also when its partition leaves: a record that has begun is better ended than repeated.
    if (goes_to_session_lane(obligation.commands[obligation.current]) == in_session_lane) {
        lanes_.again(lane, channel_of(obligation.commands[obligation.current]));
        return;
    }
    lanes_.advance(lane);
    queue(key);
}

}  // namespace core
