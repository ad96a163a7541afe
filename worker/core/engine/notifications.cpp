// Apple's own notifications: nothing is done for one before its signature was verified with a key of Apple's.
//
//   received --key in hand--> judged at once
//            --not in hand--> waits in its account's lane for a key set that was asked for after it came
//
// One fetch serves all who wait, and the bucket of the keyless credential bounds how often there is one. As
// long as no such key set came (an outage, a drain) nothing is judged, so nothing becomes invalid for it.
//
// `exp` is judged at the event's time, when the account system had it from Apple: later, in a backlog or a
// replay, what was good then would have expired. The account system is believed about that time, and about
// whose values it names; the `jti`s that this process remembers catch what it forwards twice by mistake.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// Notifications that wait for a key which a young set does not have. Beyond them the set's word is taken: a
// flood of made-up keys must not fill the buffers, which it shares with everybody's Deletes.
constexpr std::size_t waiting_for_a_key_max = 100;
constexpr common::Duration young = std::chrono::minutes{1};

}  // namespace

void Engine::Impl::admit_notification(ObligationKey key) {
    if (judge_notification(key, Outcome::already_so) == Verdict::refused) {
        settle(key);
    } else {
        queue(key);
    }
}

// `believed`: what becomes of the command key_set then. Refused: the record is invalid and has yet to settle.
Engine::Impl::Verdict Engine::Impl::judge_notification(ObligationKey key, Outcome believed) {
    const Obligation& obligation = obligations_.at(key);
    const auto read = read_notification(obligation.commands.front().value.expose());
    if (const auto* problem = std::get_if<IdentityProblem>(&read)) {
        refuse_notification(key, problem->code);
        return Verdict::refused;
    }
    if (!keys_.set) {
        return Verdict::waits;
    }
    const Rs256Check check = planted(Bug::forged_notification_believed) || !settings_.rs256
                                 ? Rs256Check{[](const RsaKey&, std::string_view, std::string_view) {
                                       return planted(Bug::forged_notification_believed);
                                   }}
                                 : settings_.rs256;
    const auto verdict = verify(
        std::get<UnverifiedNotification>(read), *keys_.set, check,
        {.audiences = audiences_, .at = *obligation.envelope.time, .received = obligation.record.timestamp});
    if (const auto* problem = std::get_if<IdentityProblem>(&verdict)) {
        refuse_notification(key, problem->code);
        return Verdict::refused;
    }
    const auto* notification = std::get_if<Notification>(&verdict);
    if (notification == nullptr) {
        const bool flooded = now_.steady - keys_.asked < young && keys_.waiting >= waiting_for_a_key_max;
        if (keys_.asked < obligation.received && !flooded && !planted(Bug::key_unknown_before_the_fetch)) {
            return Verdict::waits;
        }
        refuse_notification(key, invalid::unknown_key_id);
        return Verdict::refused;
    }
    if (const auto code = repeated(*notification, obligation)) {
        refuse_notification(key, *code);
        return Verdict::refused;
    }
    keys_.refresh_wanted = keys_.refresh_wanted || now_.steady - keys_.asked >= settings_.key_set_age_max;
    believe(key, *notification, believed);
    return Verdict::believed;
}

// The same event may come again, after a restart or as a replayed dead letter, and a person may have values
// in several apps, with an event for each; another event of the same app with the same notification is either
// a mistake of the emitter or somebody who plays it back.
std::optional<InvalidCode> Engine::Impl::repeated(
    const Notification& notification, const Obligation& obligation) {
    std::string event = obligation.envelope.source + '\n' + obligation.envelope.id;
    const std::string forwarded = fmt::format("{}\n{}", obligation.app.value, notification.id);
    const auto known = notifications_.find(forwarded);
    if (known != notifications_.end()) {
        return known->second == event ? std::nullopt : std::optional{invalid::replayed_notification};
    }
    notifications_.emplace(forwarded, std::move(event));
    notifications_in_order_.push_back(forwarded);
    if (notifications_in_order_.size() > settings_.notifications_remembered_max) {
        notifications_.erase(notifications_in_order_.front());
        notifications_in_order_.pop_front();
    }
    return std::nullopt;
}

void Engine::Impl::refuse_notification(ObligationKey key, InvalidCode code) {
    Obligation& obligation = obligations_.at(key);
    const auto at = std::find_if(identity_codes.begin(), identity_codes.end(), [&](const InvalidCode& each) {
        return each.code == code.code;
    });
    INVARIANT(at != identity_codes.end(), "a notification is refused for a reason of identity's");
    ++stats_.counters.notifications_refused[static_cast<std::size_t>(at - identity_codes.begin())];
    channel(channel_of(obligation.commands.front())).breaker.forget(key);
    obligation.commands.clear();
    obligation.progress.clear();
    obligation.current = 0;
    obligation.invalid_code = at->code;
    obligation.first_failed = obligation.first_failed.value_or(now_.wall);
    if (const auto times = refused_said_[at->code].due(now_.steady)) {
        say(Severity::error, "notification_refused",
            fmt::format(
                "a notification in Apple's name is not believed, and nothing is done for it: {} Whoever "
                "forwards "
                "notifications must find out where it came from; the record is in the dead-letter topic",
                at->meaning),
            about(obligation, {{"code", std::string{at->code}}, {"times", fmt::to_string(*times)}}));
    }
}

// Mail forwarding is the account system's business, and so is a type that Apple has not documented yet.
void Engine::Impl::believe(ObligationKey key, const Notification& notification, Outcome outcome) {
    Obligation& obligation = obligations_.at(key);
    ++stats_.counters.notifications_verified;
    const auto end = [&](std::size_t index, Outcome how) {
        obligation.progress[index].outcome = how;
        ++stats_.counters.commands[static_cast<std::size_t>(obligation.commands[index].action)]
                                  [static_cast<std::size_t>(how)];
    };
    end(0, outcome);
    obligation.current = obligation.next_from(1);
    if (ends_credentials(notification.type)) {
        return;
    }
    while (obligation.current < obligation.commands.size()) {
        end(obligation.current, Outcome::nothing_to_do);
        obligation.current = obligation.next_from(obligation.current + 1);
    }
    if (notification.type == NotificationType::unknown) {
        say(Severity::warning, "notification_type_unknown",
            "Apple sends a type of notification that this version does not know; nothing is done for it",
            about(obligation));
    }
}

void Engine::Impl::take_key_set(const Flight& flight, const Exchange& exchange) {
    auto parsed = KeySet::parse(std::get<Answer>(exchange).body);
    INVARIANT(parsed, "a key set that cannot be read is no success");
    ++stats_.counters.key_sets;
    if (!keys_.set || !(*keys_.set == *parsed)) {
        say(Severity::info, "key_set_fetched", "Apple's keys are there, or have changed",
            {{"keys", fmt::to_string(parsed->keys().size())}});
    }
    keys_.set = std::move(*parsed);
    keys_.asked = flight.sent;
    keys_.fresh = true;
    keys_.refresh_wanted = false;
}

// Lanes whose notification waits are looked at when a key set came, or when there are others than before.
void Engine::Impl::show_key_set() {
    if (!identity_in_use() || !settings_.rules.keyless) {
        return;
    }
    const ChannelId id = channel_of(*settings_.rules.keyless, Action::key_set);
    if (!keys_.set) {
        return;  // nothing to judge by, however many wait
    }
    while (lanes_.ready(id) > 0 && (keys_.fresh || lanes_.ready(id) != keys_.waiting)) {
        keys_.fresh = false;
        std::vector<Lanes::Turn> turns;
        while (lanes_.most_urgent(id)) {
            turns.push_back(lanes_.take(id));
        }
        keys_.waiting = 0;
        for (const Lanes::Turn& turn : turns) {
            judge_in_lane(turn.lane, turn.record);
        }
        // Lanes that moved on may have come to their next notification, which was not looked at yet.
    }
    if (lanes_.ready(id) == 0) {
        keys_.waiting = 0;
    }
}

// The lane is in flight, as after take().
void Engine::Impl::judge_in_lane(LaneKey lane, ObligationKey key) {
    const Verdict verdict = judge_notification(key, Outcome::executed);
    const Obligation& obligation = obligations_.at(key);
    if (verdict == Verdict::waits) {
        if (draining_ || partition(obligation.record.epoch)->leaving) {
            lanes_.advance(lane);
            forget(key);
            return;
        }
        ++keys_.waiting;
    }
    if (obligation.current == obligation.commands.size()) {
        lanes_.advance(lane);
        settle(key);
    } else {
        lanes_.again(lane, channel_of(obligation.commands[obligation.current]));
    }
}

// A set that was used beyond its age is fetched again though nobody waits for it.
bool Engine::Impl::key_set_is_due(const Channel& channel) const {
    return channel.action == Action::key_set && keys_.refresh_wanted &&
           credentials_[channel.credential.value].gate.state() == GateState::open &&
           channel.acceptance.state() == GateState::open;
}

}  // namespace core
