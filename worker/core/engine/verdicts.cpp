// What an answer tells about everybody: the breaker and the acceptance of its channel, the gate of its
// credential.
#include <fmt/format.h>

#include <algorithm>

#include "worker/core/engine/impl.hpp"
#include "worker/core/outcome/retry_after.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// Deletes in a row that found nothing at their first attempt before somebody should look.
constexpr std::uint64_t suspiciously_many = 100;

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

std::string_view remedy(GateReason reason, Api api) {
    switch (reason) {
        case GateReason::credential_refused:
            if (api == Api::sign_in_with_apple) {
                return "Apple refuses the client secret: check client id, team id, key id, that the key is "
                       "an "
                       "active "
                       "Sign in with Apple key, and the clock";
            }
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
                   "bundle id or client id";
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

}  // namespace

void Engine::Impl::tell_breaker(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Channel& from = channel(flight);
    const Health health = health_of(meaning, exchange);
    switch (health) {
        case Health::well: {
            const Breaker::Charged charged =
                from.breaker.answered(flight.lane, flight.sent, flight.breaker_probe);
            if (flight.breaker_probe) {
                say_breaker(from, false, exchange);
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
                .free = health == Health::sick_and_free,
                .suspect = owner != nullptr && owner->progress[owner->current].charged > 0,
                .probe = flight.breaker_probe};
            if (from.breaker.failed(failure, now_.steady, random_)) {
                say_breaker(from, true, exchange);
            }
            return;
        }
        case Health::unknown:
            if (flight.breaker_probe) {
                from.breaker.probe_told_nothing(now_.steady);
            }
    }
}

void Engine::Impl::say_breaker(Channel& from, bool opened, const Exchange& exchange) {
    // Openings once a minute; what was told to be open is told to be closed, however soon.
    const auto times = opened ? from.breaker_said.due(now_.steady) : std::optional<std::uint64_t>{1};
    if (!times || (!opened && !from.opening_told)) {
        return;
    }
    from.opening_told = opened;
    say(opened ? Severity::error : Severity::info, opened ? "breaker_opened" : "breaker_closed",
        opened
            ? "most calls fail across accounts, so sending stops and one probe at a time is sent; nothing is "
              "dead-lettered for it"
            : "the API answers again",
        named(
            from.credential,
            {{"endpoint",
              settings_.endpoints[settings_.credentials[from.credential.value].endpoint.value].name},
             {"action", std::string{action_name(from.action)}},
             {"last", std::string{answer_class(exchange)}},
             {"times", fmt::to_string(*times)}}));
}

void Engine::Impl::tell_gate(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Gate& gate = credential(flight.credential).gate;
    if (const auto* hold = std::get_if<Hold>(&meaning)) {
        const GateReason reason = gate_reason(hold->reason);
        const bool was_open = gate.state() == GateState::open;
        if (hold->reason == HoldReason::throttled) {
            gate.throttled(flight.term, now_, retry_after(exchange, now_.wall), random_);
            note_refused(flight, reason);
        } else if (gate.refused(flight.term, now_, reason, random_)) {
            note_refused(flight, reason);
            if (reason == GateReason::credential_refused) {
                effects_->emplace_back(RenewCredential{flight.credential});
            }
        }
        if (was_open && gate.state() != GateState::open) {
            say(reason == GateReason::throttled ? Severity::warning : Severity::error, "gate_closed",
                std::string{remedy(reason, channel(flight).api)},
                named(
                    flight.credential, {{"reason", std::string{reason_name(reason)}},
                                        {"answer", std::string{answer_class(exchange)}}}));
        }
        return;
    }
    if (std::holds_alternative<Retry>(meaning)) {
        if (flight.term == gate.term()) {
            gate.probe_told_nothing(now_, random_);
        }
        return;
    }
    if (std::holds_alternative<Finished>(meaning) && flight.lane) {
        channel(flight).rejected.clear();
        channel(flight).rejections = 0;
        channel(flight).doubts = 0;
    }
    if (gate.processed(flight.term)) {
        Credential& owner = credential(flight.credential);
        Obligation* const refused = obligations_.find(owner.refused);
        if (!flight.lane && refused != nullptr && refused->stage == Obligation::Stage::queued) {
            CommandProgress& progress = refused->progress[refused->current];
            ++(owner.refused_for == GateReason::throttled ? progress.throttled_alone
                                                          : progress.refused_alone);
        }
        owner.refused = {};
        say(Severity::info, "gate_opened", "Apple accepts commands again", named(flight.credential));
    }
}

// Which command it was, should it turn out to be the only one. Canaries are nobody's.
void Engine::Impl::note_refused(const Flight& flight, GateReason reason) {
    if (flight.lane) {
        Credential& owner = credential(flight.credential);
        owner.refused = flight.obligation;
        owner.refused_action = flight.action;
        owner.refused_for = reason;
    }
}

// A rejection belongs to its command, unless different accounts are rejected one after the other, or a few
// accounts again and again: then the channel is closed, and a canary decides. Without a canary there is
// nothing to decide with.
bool Engine::Impl::rejection_is_suspicious(const Flight& flight) {
    if (!settings_.breaker.canary || planted(Bug::rejections_never_suspicious)) {
        return false;
    }
    Channel& from = channel(flight);
    if (from.acceptance.state() != GateState::open || flight.acceptance_term != from.acceptance.term()) {
        return true;  // sent again, and judged then
    }
    const Obligation* const owner = obligations_.find(flight.obligation);
    if (owner != nullptr && owner->progress[owner->current].withheld > 0) {
        return false;  // has been in the row once
    }
    // Several values and events of one account may well be wrong together.
    constexpr int commands_for_an_account = 5;
    from.rejected.insert(flight.lane);
    ++from.rejections;
    if (from.rejected.size() <= static_cast<std::size_t>(settings_.rejections_in_a_row_max) &&
        (from.rejections <= settings_.rejections_in_a_row_max * commands_for_an_account ||
         planted(Bug::account_never_suspicious))) {
        return false;
    }
    from.acceptance.refused(flight.acceptance_term, now_, GateReason::rejecting_everything, random_);
    from.canaries_well = 0;
    say(Severity::error, "gate_closed", std::string{remedy(GateReason::rejecting_everything, from.api)},
        named(
            flight.credential, {{"action", std::string{action_name(from.action)}},
                                {"reason", std::string{reason_name(GateReason::rejecting_everything)}}}));
    return true;
}

void Engine::Impl::canary_ended(const Flight& flight, const Meaning& meaning, const Exchange& exchange) {
    Channel& from = channel(flight);
    const Health health = health_of(meaning, exchange);
    stats_.counters.commands[0][0] += planted(Bug::canary_counted_as_command) ? 1 : 0;
    if (flight.breaker_canary) {
        const bool was_closed = from.breaker.state() == BreakerState::closed;
        if (health == Health::well) {
            const Breaker::Charged charged = from.breaker.canary_answered(now_.steady);
            std::for_each(charged.begin(), charged.end(), [this](ObligationKey key) { charge(key); });
            if (!was_closed && from.breaker.state() == BreakerState::closed) {
                say_breaker(from, false, exchange);
            }
        } else if (health == Health::unknown) {
            from.breaker.canary_told_nothing(now_.steady);
        } else if (from.breaker.canary_failed(now_.steady, random_)) {
            say_breaker(from, true, exchange);
        }
    }
    tell_acceptance(flight, meaning);
    tell_gate(flight, meaning, exchange);
}

// What the canary says about a channel that rejected command after command. A good one means that the records
// were at fault, but it only asks for a value that nobody has. So as long as no command succeeds, each
// further series of rejections takes more of them, and the dead letters stay few if Apple rejects what is
// known.
void Engine::Impl::tell_acceptance(const Flight& canary, const Meaning& meaning) {
    constexpr int doubts_max = 3;
    Channel& from = channel(canary);
    Gate& acceptance = from.acceptance;
    if (std::holds_alternative<Rejected>(meaning)) {
        // Nothing is wrong with a fresh value: whatever rejects it rejects everything.
        acceptance.refused(canary.acceptance_term, now_, GateReason::rejecting_everything, random_);
        from.canaries_well = 0;
        return;
    }
    if (!std::holds_alternative<Finished>(meaning)) {
        if (canary.acceptance_term == acceptance.term()) {
            acceptance.probe_told_nothing(now_, random_);
        }
        return;
    }
    if (acceptance.state() == GateState::open || canary.acceptance_term != acceptance.term()) {
        return;
    }
    const int canaries_needed = planted(Bug::doubts_forgotten) ? 1 : 1 << (2 * from.doubts);
    if (++from.canaries_well < canaries_needed || planted(Bug::rejections_held_for_ever)) {
        acceptance.refused(canary.acceptance_term, now_, GateReason::rejecting_everything, random_);
        return;
    }
    from.doubts = std::min(from.doubts + 1, doubts_max);
    from.rejected.clear();
    from.rejections = 0;
    acceptance.processed(canary.acceptance_term);
    say(Severity::info, "gate_opened", "a fresh value is not rejected, so the records were at fault",
        named(canary.credential, {{"action", std::string{action_name(from.action)}}}));
}

// A wrong host or bundle id answers 404 to everything, which looks as if every token were gone already.
void Engine::Impl::watch_deletes(const Flight& flight, const CommandProgress& progress, Done done) {
    Channel& from = channel(flight);
    if (from.action != Action::erase || progress.attempts > 1) {
        return;
    }
    from.found_nothing = done == Done::already_so ? from.found_nothing + 1 : 0;
    if (from.found_nothing < suspiciously_many) {
        return;
    }
    if (from.found_nothing_said.due(now_.steady)) {
        say(Severity::error, "deletes_find_nothing",
            "deletes keep finding nothing at their first attempt: either these tokens were gone, or bundle "
            "id, "
            "environment or base URL are wrong and the tokens are still there. Compare with the account "
            "system",
            named(flight.credential, {{"in_a_row", fmt::to_string(from.found_nothing)}}));
    }
}

}  // namespace core
