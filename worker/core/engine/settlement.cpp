// All commands of a record ended -> dead letter if something is owed -> receipts -> offset tracker. Each step
// waits for the broker's acknowledgement of the one before; what the broker refuses is stored again, for
// ever.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// The event's own state: owed if any command is, else the best that was achieved. An update names every value
// that may still be stored, and mostly one of them is found.
Outcome outcome_of(const Obligation& obligation) {
    if (obligation.owes_dead_letter()) {
        return Outcome::dead_lettered;
    }
    for (const Outcome achieved : achieved_outcomes) {
        for (std::size_t index = 0; index < obligation.progress.size(); ++index) {
            // That a notification was verified is not what it asked for.
            if (obligation.progress[index].outcome == achieved &&
                obligation.commands[index].action != Action::key_set) {
                return achieved;
            }
        }
    }
    return Outcome::nothing_to_do;
}

// Of the commands that are owed: rejected if any was, since that one needs a person.
DeadLetterReason reason_of(const Obligation& obligation) {
    if (!obligation.invalid_code.empty()) {
        return DeadLetterReason::invalid;
    }
    for (const CommandProgress& command : obligation.progress) {
        if (command.outcome == Outcome::dead_lettered && command.reason == DeadLetterReason::rejected) {
            return DeadLetterReason::rejected;
        }
    }
    return DeadLetterReason::exhausted;
}

const CommandProgress* first_owed(const Obligation& obligation) {
    for (const CommandProgress& command : obligation.progress) {
        if (command.outcome == Outcome::dead_lettered) {
            return &command;
        }
    }
    return nullptr;
}

}  // namespace

void Engine::Impl::settle(ObligationKey key) {
    Obligation& obligation = obligations_.at(key);
    obligation.stage = Obligation::Stage::settling;
    obligation.ended = now_.wall;
    ++partition(obligation.record.epoch)->busy;
    if (settings_.say_outcomes) {
        say_outcome(obligation);
    }
    if (obligation.owes_dead_letter() && !planted(Bug::receipt_without_letter)) {
        stores_queued_.push_back(stores_.insert({key, StoreKind::dead_letter}));
    } else {
        store_receipts(key);
    }
}

void Engine::Impl::store_receipts(ObligationKey key) {
    if (settings_.receipts_topic.empty()) {
        finish(key);
        return;
    }
    Obligation& obligation = obligations_.at(key);
    if (obligation.commands.empty()) {
        obligation.receipts_outstanding = 1;
        stores_queued_.push_back(stores_.insert({key, StoreKind::receipt}));
        return;
    }
    for (std::size_t index = obligation.next_from(0); index < obligation.commands.size();
         index = obligation.next_from(index + 1)) {
        ++obligation.receipts_outstanding;
        stores_queued_.push_back(stores_.insert({key, StoreKind::receipt, index}));
    }
    if (planted(Bug::receipt_lost)) {
        obligation.receipts_outstanding = 1;
    }
}

void Engine::Impl::emit_stores() {
    while (!stores_to_repeat_.empty() && stores_to_repeat_.begin()->first <= now_.steady) {
        const StoreKey key = stores_to_repeat_.begin()->second;
        stores_.at(key).queued = now_.steady;
        stores_queued_.push_back(key);
        stores_to_repeat_.erase(stores_to_repeat_.begin());
    }
    while (!stores_queued_.empty() && stores_in_flight_ < settings_.stores_in_flight_max) {
        const StoreKey key = stores_queued_.front();
        stores_queued_.pop_front();
        StoreWork& work = stores_.at(key);
        if (obligations_.find(work.obligation) == nullptr) {
            stores_.erase(key);  // its partition was released meanwhile
        } else {
            emit(key, work);
        }
    }
}

void Engine::Impl::emit(StoreKey key, StoreWork& work) {
    const Obligation& obligation = obligations_.at(work.obligation);
    work.owed = work.owed.value_or(now_.steady) + (now_.steady - work.queued.value_or(now_.steady));
    work.queued.reset();
    work.sent = now_.steady;
    ++stores_in_flight_;
    effects_->emplace_back(Store{
        StoreId{key.packed()}, work.kind,
        work.kind == StoreKind::dead_letter ? dead_letter_of(obligation)
                                            : receipt_of(obligation, work.command)});
}

OutgoingRecord Engine::Impl::dead_letter_of(const Obligation& obligation) const {
    DeadLetterFacts facts;
    facts.from = partitions_.at(obligation.record.epoch).name;
    facts.reason = reason_of(obligation);
    facts.error_code = obligation.invalid_code;
    if (const CommandProgress* owed = first_owed(obligation)) {
        facts.error_code = owed->code;
        facts.http_status = owed->status;
    }
    for (std::size_t index = 0; index < obligation.progress.size(); ++index) {
        facts.attempts += obligation.progress[index].attempts;
        if (obligation.progress[index].outcome == Outcome::dead_lettered) {
            facts.commands.push_back(planted(Bug::letter_names_the_wrong_command) ? 0 : index);
        }
    }
    facts.first_failed = obligation.first_failed;
    facts.last_failed = obligation.ended;
    facts.consumer_group = settings_.consumer_group;
    facts.worker_version = settings_.worker_version;
    facts.lineage = obligation.lineage;
    facts.omit_value = obligation.omit_value;
    facts.omit_key_and_headers = obligation.omit_key_and_headers;
    return dead_letter(
        obligation.record, dead_letter_topic(settings_.dead_letter_topic, facts.from.topic, facts.reason),
        facts);
}

OutgoingRecord Engine::Impl::receipt_of(
    const Obligation& obligation, std::optional<std::size_t> command) const {
    ReceiptFacts facts;
    facts.from = partitions_.at(obligation.record.epoch).name;
    facts.offset = obligation.record.offset;
    facts.event_id = obligation.envelope.id;
    facts.event_source = obligation.envelope.source;
    facts.event_type = obligation.envelope.type ? type_name(*obligation.envelope.type) : std::string_view{};
    facts.subject = obligation.envelope.subject;
    facts.traceparent = obligation.envelope.traceparent;
    facts.replays = obligation.lineage.replays;
    facts.replay_of = obligation.lineage.of;
    facts.origin = obligation.lineage.origin;
    facts.command = command;
    facts.outcome = outcome_of(obligation);
    facts.worker_version = settings_.worker_version;
    facts.now = obligation.ended;
    if (obligation.envelope.time) {
        facts.seconds_to_outcome =
            std::max(0.0, common::seconds_between(*obligation.envelope.time, obligation.ended));
    }
    std::string fingerprint;
    if (command) {
        const CommandProgress& progress = obligation.progress[*command];
        facts.action = obligation.commands[*command].action;
        facts.outcome = planted(Bug::receipt_says_executed) ? Outcome::executed : *progress.outcome;
        facts.attempts = progress.attempts;
        facts.session = progress.session;
        const std::string_view value = obligation.commands[*command].value.expose();
        fingerprint = planted(Bug::value_as_fingerprint) ? std::string{value}
                      : settings_.fingerprint            ? settings_.fingerprint(value)
                                                         : "";
        facts.fingerprint = fingerprint;
        if (facts.outcome == Outcome::dead_lettered) {
            facts.reason = progress.reason;
            facts.error_code = progress.code;
        }
    }
    if (obligation.invalid_code.empty()) {
        facts.app = settings_.credentials[obligation.app.value].name;
    } else {
        facts.reason = DeadLetterReason::invalid;
        facts.error_code = obligation.invalid_code;
    }
    return receipt(settings_.receipts_topic, facts, obligation.record.key);
}

void Engine::Impl::on(StoreEnded& ended) {
    const StoreKey key = StoreKey::unpack(ended.id.value);
    StoreWork& work = stores_.at(key);
    --stores_in_flight_;
    Obligation* const obligation = obligations_.find(work.obligation);
    if (obligation == nullptr) {
        stores_.erase(key);
        return;
    }
    if (ended.result == StoreResult::acknowledged ||
        (planted(Bug::letter_believed_too_early) && work.kind == StoreKind::dead_letter) ||
        (planted(Bug::receipt_believed_too_early) && work.kind == StoreKind::receipt)) {
        moved_ = now_.steady;
        const StoreWork done = work;
        acknowledged(done.owed.value_or(now_.steady));
        stores_.erase(key);
        if (done.kind == StoreKind::dead_letter) {
            ++stats_.counters.dead_letters[static_cast<std::size_t>(reason_of(*obligation))];
            stats_.counters.dead_letters_without_value += obligation->omit_value ? 1 : 0;
            store_receipts(done.obligation);
            return;
        }
        ++stats_.counters.receipts;
        if (--obligation->receipts_outstanding == 0) {
            finish(done.obligation);
        }
        return;
    }
    ++stats_.counters.store_failures;
    work.sent.reset();
    last_store_error_ = ended.error;
    const bool shrinks = ended.result == StoreResult::too_large && work.kind == StoreKind::dead_letter;
    if (shrinks && !obligation->omit_key_and_headers) {
        obligation->omit_key_and_headers = obligation->omit_value;
        obligation->omit_value = true;
        say(Severity::error, "dead_letter_too_large",
            "the broker refuses the original as too large, so the dead letter is stored without its value, "
            "or "
            "without key and headers too; raise max.message.bytes of the dead-letter topic",
            about(*obligation));
    }
    if (const auto times = store_refused_said_.due(now_.steady)) {
        say(Severity::error, work.kind == StoreKind::dead_letter ? "dead_letter_refused" : "receipt_refused",
            "the broker did not store it; it is stored again until it does, and nothing is committed past "
            "it. "
            "Check that the topic exists and that this user may write to it",
            about(*obligation, {{"error", ended.error}, {"times", fmt::to_string(*times)}}));
    }
    const common::Duration wait = settings_.store_retry.after(work.failures++, random_);
    stores_to_repeat_.emplace(
        planted(Bug::refused_store_forgotten) ? common::never : now_.steady + wait, key);
}

void Engine::Impl::finish(ObligationKey key) {
    const Obligation& obligation = obligations_.at(key);
    Partition& from = *partition(obligation.record.epoch);
    INVARIANT(from.tracker.finished(obligation.record.offset), "a record was settled twice");
    if (!planted(Bug::finished_and_not_committed)) {
        commit_later(from);
    }
    ++completions_;
    const Outcome outcome = outcome_of(obligation);
    // As a dead letter it was counted already, and as late; a replay must not use up the objective once more.
    const bool replayed = !obligation.lineage.of.empty();
    if (obligation.envelope.type && obligation.envelope.time && obligation.invalid_code.empty() &&
        !replayed) {
        const auto type = static_cast<std::size_t>(*obligation.envelope.type);
        ++stats_.counters.events_settled[type][static_cast<std::size_t>(outcome)];
        if (outcome != Outcome::dead_lettered && outcome != Outcome::nothing_to_do) {
            stats_.time_to_execute[type][static_cast<std::size_t>(outcome)].observe(
                std::max(0.0, common::seconds_between(*obligation.envelope.time, obligation.ended)));
        }
    }
    --from.busy;
    forget(key);
}

void Engine::Impl::forget(ObligationKey key) {
    const Obligation& obligation = obligations_.at(key);
    bytes_buffered_ -= planted(Bug::bytes_never_given_back) ? 0 : obligation.bytes;
    Partition& from = *partition(obligation.record.epoch);
    from.bytes -= obligation.bytes;
    --from.buffered;
    for (std::size_t index = 0; index < obligation.commands.size(); ++index) {
        if (obligation.progress[index].attempts > 0 || obligation.progress[index].failures > 0) {
            channel(channel_of(obligation.commands[index])).breaker.forget(key);
        }
    }
    obligations_.erase(key);
}

void Engine::Impl::say_outcome(const Obligation& obligation) {
    say(Severity::debug, "event_ended", "all commands of the event ended",
        about(
            obligation,
            {{"outcome", std::string{outcome_name(outcome_of(obligation))}},
             {"type", obligation.envelope.type ? std::string{type_name(*obligation.envelope.type)} : ""},
             {"event", obligation.envelope.id}}));
}

}  // namespace core
