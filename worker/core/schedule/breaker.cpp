#include "worker/core/schedule/breaker.hpp"

#include <algorithm>
#include <chrono>
#include "worker/core/planted.hpp"

namespace core {

namespace {

using namespace std::chrono_literals;

// One good canary can be luck in a half-broken API; three in a row are evidence.
constexpr int canaries_that_prove_health = 3;
constexpr common::Duration canary_spacing = 250ms;
// Failures older than this before the first good canary may have been an outage that has ended since.
constexpr common::Duration evidence_reach = 5s;

}  // namespace

Breaker::Sends Breaker::may_send(common::Instant now) const noexcept {
    if (canary_under_way_) {
        return state_ == BreakerState::closed ? Sends::commands : Sends::nothing;
    }
    switch (state_) {
        case BreakerState::closed:
            return settings_.canary && now >= canary_at_ ? Sends::canary : Sends::commands;
        case BreakerState::open:
            if (now < until_) {
                return Sends::nothing;
            }
            return settings_.canary &&
                           (canaries_well_ > 0 || probes_failed_ >= settings_.probes_before_canary)
                       ? Sends::canary
                       : Sends::one_command;
        case BreakerState::half_open:
            break;
    }
    return Sends::nothing;
}

common::Instant Breaker::next_try() const noexcept {
    if (canary_under_way_ || state_ == BreakerState::half_open) {
        return common::never;
    }
    return state_ == BreakerState::open ? until_ : (settings_.canary ? canary_at_ : common::never);
}

void Breaker::canary_sent(common::Instant now) noexcept {
    canary_under_way_ = true;
    canary_at_ = now + canary_spacing;
}

Breaker::Charged Breaker::answered(LaneKey lane, common::Instant sent_at, bool probe) {
    remember({false, lane});
    if (probe) {
        // The API recovered, so what failed before was an outage.
        unexplained_.clear();
        close();
    }
    Charged charged;
    if (state_ != BreakerState::closed || unexplained_.empty() || !looks_well()) {
        return charged;
    }
    std::erase_if(unexplained_, [&](const auto& entry) {
        const auto& [record, failure] = entry;
        const bool explained = failure.at <= sent_at && failure.lane != lane;
        if (explained) {
            charged.push_back(record);
        }
        return explained;
    });
    if (unexplained_.empty()) {
        canary_at_ = common::never;
        canaries_well_ = 0;
    }
    return charged;
}

bool Breaker::failed(const Failure& failure, common::Instant now, common::Prng& random) {
    // Records that are known to fail by themselves would keep the breaker open for everybody else.
    if (!failure.suspect) {
        remember({true, failure.lane});
    }
    if (!failure.free && failure.record) {
        unexplained_[failure.record] = {failure.lane, now};
    }
    if (failure.probe) {
        ++probes_failed_;
        open(now, random);
        return false;
    }
    if (state_ == BreakerState::closed && looks_like_an_outage()) {
        open_since_ = now;
        strikes_ = 0;
        probes_failed_ = 0;
        open(now, random);
        return true;
    }
    if (state_ == BreakerState::closed && canary_at_ == common::never && !unexplained_.empty()) {
        canary_at_ = now + canary_spacing;
    }
    return false;
}

void Breaker::probe_told_nothing(common::Instant now) noexcept {
    if (state_ == BreakerState::half_open) {
        state_ = BreakerState::open;
        until_ = now + canary_spacing;
    }
}

Breaker::Charged Breaker::canary_answered(common::Instant now) {
    canary_under_way_ = false;
    Charged charged;
    if (++canaries_well_ == 1) {
        first_canary_well_ = now;
    }
    if (canaries_well_ < canaries_that_prove_health) {
        until_ = now + canary_spacing;
        canary_at_ = now + canary_spacing;
        return charged;
    }
    charged.reserve(unexplained_.size());
    for (const auto& [record, failure] : unexplained_) {
        if (failure.at + evidence_reach >= first_canary_well_) {
            charged.push_back(record);
        }
    }
    unexplained_.clear();
    close();
    return charged;
}

bool Breaker::canary_failed(common::Instant now, common::Prng& random) {
    canary_under_way_ = false;
    unexplained_.clear();
    const bool was_closed = state_ == BreakerState::closed;
    if (was_closed) {
        open_since_ = now;
        strikes_ = 0;
    }
    open(now, random);
    probes_failed_ = 0;
    return was_closed;
}

void Breaker::canary_told_nothing(common::Instant now) noexcept {
    canary_under_way_ = planted(Bug::canary_never_ends);
    canary_at_ = now + canary_spacing;
    until_ = std::max(until_, now + canary_spacing);
}

void Breaker::remember(Result result) {
    window_.push_back(result);
    failures_ += result.failed ? 1 : 0;
    if (window_.size() > settings_.window) {
        failures_ -= window_.front().failed ? 1 : 0;
        window_.pop_front();
    }
}

bool Breaker::looks_like_an_outage() const {
    if (failures_ < static_cast<std::size_t>(settings_.failures) || failures_ * 2 < window_.size()) {
        return false;
    }
    const LaneKey first = window_.back().lane;
    return std::any_of(window_.begin(), window_.end(), [&](const Result& result) {
        return result.failed && result.lane != first;
    });
}

bool Breaker::looks_well() const {
    return failures_ * 4 <= window_.size();
}

void Breaker::open(common::Instant now, common::Prng& random) {
    state_ = BreakerState::open;
    until_ = now + settings_.probe.after(strikes_, random);
    ++strikes_;
    canaries_well_ = 0;
    canary_at_ = common::never;
}

void Breaker::close() noexcept {
    state_ = planted(Bug::breaker_never_closes) ? BreakerState::half_open : BreakerState::closed;
    window_.clear();
    failures_ = 0;
    strikes_ = 0;
    probes_failed_ = 0;
    canaries_well_ = 0;
    canary_at_ = common::never;
}

}  // namespace core
