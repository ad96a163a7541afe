#include "worker/core/schedule/gate.hpp"

#include <algorithm>
#include "worker/core/planted.hpp"

namespace core {

bool Gate::lets_through(common::Instant now) const noexcept {
    return now >= not_before_ &&
           (state_ == GateState::open || (state_ == GateState::closed && now >= until_));
}

common::Instant Gate::next_try() const noexcept {
    switch (state_) {
        case GateState::open:
            return not_before_;
        case GateState::closed:
            return std::max(until_, not_before_);
        case GateState::probing:
            break;
    }
    return common::never;
}

void Gate::probe_sent() noexcept {
    if (state_ == GateState::closed) {
        state_ = GateState::probing;
        ++term_;
    }
}

void Gate::throttled(
    Term sent_in, common::Now now, std::optional<common::Duration> retry_after, common::Prng& random) {
    const bool believed = sent_in == term_;
    if (retry_after && !planted(Bug::wait_ends_with_the_gate)) {
        not_before_ = std::max(not_before_, now.steady + *retry_after);
    }
    if (!believed && !(retry_after && state_ == GateState::open)) {
        return;
    }
    const auto until =
        retry_after ? now.steady + *retry_after : now.steady + waits_.throttled.after(strikes_, random);
    close(until, GateReason::throttled, now.steady);
}

bool Gate::refused(Term sent_in, common::Now now, GateReason reason, common::Prng& random) {
    if (sent_in != term_) {
        return false;
    }
    const bool signed_again_helps = reason == GateReason::credential_refused && strikes_ == 0;
    const auto wait = signed_again_helps ? common::Duration{} : waits_.refused.after(strikes_, random);
    close(now.steady + wait, reason, now.steady);
    return true;
}

void Gate::probe_told_nothing(common::Now now, common::Prng& random) {
    if (state_ == GateState::probing) {
        state_ = GateState::closed;
        ++term_;
        until_ = now.steady + waits_.refused.after(0, random);
    }
}

bool Gate::processed(Term sent_in) noexcept {
    if (sent_in != term_ && !planted(Bug::old_terms_believed)) {
        return false;
    }
    strikes_ = 0;
    if (state_ == GateState::open || planted(Bug::gate_never_reopened)) {
        return false;
    }
    state_ = GateState::open;
    reason_ = GateReason::none;
    ++term_;
    return true;
}

void Gate::probe_now(common::Now now) noexcept {
    if (state_ == GateState::closed) {
        until_ = std::min(until_, now.steady);
    }
}

void Gate::close(common::Instant until, GateReason reason, common::Instant now) noexcept {
    if (state_ == GateState::open) {
        closed_since_ = now;
    }
    state_ = GateState::closed;
    reason_ = reason;
    until_ = until;
    ++strikes_;
    ++term_;
}

}  // namespace core
