// How many commands a channel may give up in a minute. Commands that fail for a reason of their own are few,
// or somebody made many of them at once; where they keep coming, a part of Apple is wrong, and what is held
// and retried is better off than what is given up. The ration bounds dead letters by time instead of traffic,
// whatever share of the calls fails.
//
// What is withheld waits in its own lane, so nobody else waits for it, and asks again after a backoff: it is
// executed when Apple is well again, and given up at the ration's pace when it is not.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/outcome/retry_after.hpp"
#include "worker/core/planted.hpp"

namespace core {

// Records that always fail are few. Where many accounts fail while others, or the canary, are well, a part of
// Apple is down.
bool Engine::Impl::may_exhaust(const Flight& flight, const CommandProgress& progress) {
    Ration& ration = channel(flight).exhausted_ration;
    if (progress.given_up || ration.bucket.take(now_.steady)) {
        return true;
    }
    ++stats_.counters.exhaustions_withheld;
    say_withheld(
        flight, ration, "exhaustion_withheld",
        "more commands than apple.exhausted_per_minute_max have used up their attempts while others "
        "succeed, so a part of the API is probably down; they are not dead-lettered but go on being "
        "retried. Look at the answers, and ask Apple");
    return false;
}

// A row of rejections closes the channel (verdicts.cpp), but a success in between ends the row: half of all
// calls may be rejected by mistake for hours without one that is long enough.
bool Engine::Impl::may_reject(const Flight& flight, const CommandProgress& progress) {
    Ration& ration = channel(flight).rejected_ration;
    if (progress.given_up || ration.bucket.take(now_.steady) || planted(Bug::rejections_not_rationed)) {
        return true;
    }
    ++stats_.counters.rejections_withheld;
    say_withheld(
        flight, ration, "rejection_withheld",
        "more commands than apple.rejected_per_minute_max are rejected, so either Apple rejects what is "
        "right or the account system sends many wrong values; they are held, retried and dead-lettered at "
        "that pace. Look at the answers; if the values are wrong, raise the limit (0: none) until they are "
        "through");
    return false;
}

// Costs no attempt, and counts in no row of rejections: it has been counted there once, and a crowd of
// withheld commands that ask again must not close the channel to everybody else.
void Engine::Impl::withhold_rejection(const Flight& flight, const Exchange& exchange) {
    if (dropped_when_leaving(flight)) {
        return;
    }
    CommandProgress& progress = obligations_.at(flight.obligation).progress_now();
    ++stats_.counters.free_retries;
    const common::Duration backoff = settings_.retry.after(progress.withheld++, random_);
    const common::Duration asked = retry_after(exchange, now_.wall).value_or(common::Duration{});
    lanes_.retry_at(
        flight.lane,
        planted(Bug::withheld_for_ever) ? common::never : now_.steady + std::max(backoff, asked));
}

// The head of a blocked window comes before others of its kind, but out of the same ration: where a tenth of
// the calls fails, every head of a busy partition would be one that fails.
bool Engine::Impl::may_give_up_head(const Obligation& head) {
    const CommandProgress& progress = head.progress[head.current];
    Channel& from = channel(channel_of(head.commands[head.current]));
    Ration& ration = progress.withheld > 0 ? from.rejected_ration : from.exhausted_ration;
    return ration.bucket.take(now_.steady);
}

// Of all that are withheld, the latest is named.
void Engine::Impl::say_withheld(
    const Flight& flight, Ration& ration, std::string_view event, const char* message) {
    if (const auto times = ration.said.due(now_.steady)) {
        const Obligation& latest = obligations_.at(flight.obligation);
        say(Severity::error, event, message,
            named(
                flight.credential, about(
                                       latest, {{"action", std::string{action_name(flight.action)}},
                                                {"answer", std::string{latest.progress[latest.current].code}},
                                                {"times", fmt::to_string(*times)}})));
    }
}

}  // namespace core
