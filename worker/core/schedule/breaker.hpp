// Tells an outage from a record that always fails, and stops sending during an outage. One for each channel
// (one kind of call of one app): Apple may fail Updates while Deletes are well, and one app while others are.
//
//   closed --failures across accounts--> open --wait over, a probe sent--> half open --answered--> closed
//                                         ^                                   |
//                                         +--------- it failed too -----------+
//
// A failure here: a 5xx, a lost answer, no connection. Whether it costs its command an attempt is not known
// when it happens. It stays *unexplained* until there is evidence that the API was well afterwards:
//   - another account's command, sent later, was answered while most answers are good; or
//   - the canary, the same kind of call with a fresh random value, was answered several times in a row.
// Then the failure belonged to the record, and it is charged. If the canary fails too it was an outage, and
// nothing is charged. So a few records that always fail do not hold a quiet partition for ever, and an outage
// of any length spends no attempt. Without the canary only the first kind of evidence exists.
//
// Source: the pattern is Nygard's, Release It!; the canary is ours (DESIGN section 5).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <vector>

#include "common/prng.hpp"
#include "common/time.hpp"
#include "worker/core/outcome/backoff.hpp"
#include "worker/core/schedule/lanes.hpp"

namespace core {

enum class BreakerState : std::uint8_t { closed, open, half_open };
inline constexpr std::array breaker_states{BreakerState::closed, BreakerState::open, BreakerState::half_open};
[[nodiscard]] std::string_view state_name(BreakerState state) noexcept;

struct BreakerSettings {
    int failures = 10;  // so many in the window, at least half of it and from several accounts, open it
    std::size_t window = 20;
    Backoff probe{std::chrono::seconds{1}, std::chrono::seconds{30}};
    int probes_before_canary = 2;
    bool canary = true;  // a harmless call with a fresh random value
};

class Breaker {
public:
    explicit Breaker(BreakerSettings settings) : settings_{settings} {}

    enum class Sends : std::uint8_t { nothing, commands, one_command, canary };
    // What may be sent now. one_command and canary are probes: call probe_sent() or canary_sent().
    [[nodiscard]] Sends may_send(common::Instant now) const noexcept;
    // The earliest time at which may_send() can change by itself.
    [[nodiscard]] common::Instant next_try() const noexcept;

    void probe_sent() noexcept { state_ = BreakerState::half_open; }
    void canary_sent(common::Instant now) noexcept;

    // Records whose unexplained failures are theirs after all.
    using Charged = std::vector<ObligationKey>;

    // A command was answered (whatever the answer said, except 5xx and the like).
    // `probe`: it was sent while half open. `sent_at`, `now` order it against the failures.
    [[nodiscard]] Charged answered(LaneKey lane, common::Instant sent_at, bool probe);
    struct Failure {
        ObligationKey record{};  // the key of nothing, when its partition was released meanwhile
        LaneKey lane{};
        bool free = false;     // it certainly did not reach Apple: never charged
        bool suspect = false;  // the record was charged before: it says nothing about the API's health
        bool probe = false;    // it was sent while half open
    };
    // True when this opened the breaker.
    bool failed(const Failure& failure, common::Instant now, common::Prng& random);
    // The record is gone: its failures need no explanation any more.
    void forget(ObligationKey record) noexcept { unexplained_.erase(record); }
    // A probe ended without a verdict (refused stream, GOAWAY): try again soon.
    void probe_told_nothing(common::Instant now) noexcept;

    // Closes the breaker when it was answered often enough; see state().
    [[nodiscard]] Charged canary_answered(common::Instant now);
    // True when this opened the breaker.
    bool canary_failed(common::Instant now, common::Prng& random);

    void canary_told_nothing(common::Instant now) noexcept;

    [[nodiscard]] BreakerState state() const noexcept { return state_; }
    [[nodiscard]] common::Instant open_since() const noexcept { return open_since_; }

private:
    struct Result {
        bool failed;
        LaneKey lane;
    };
    struct Unexplained {
        LaneKey lane;
        common::Instant at;
    };

    void remember(Result result);
    [[nodiscard]] bool looks_like_an_outage() const;
    [[nodiscard]] bool looks_well() const;
    void open(common::Instant now, common::Prng& random);
    void close() noexcept;

    BreakerSettings settings_;
    BreakerState state_ = BreakerState::closed;
    std::deque<Result> window_;
    std::size_t failures_ = 0;  // in window_
    std::map<ObligationKey, Unexplained> unexplained_;
    common::Instant until_{};  // open: when to probe
    common::Instant open_since_{};
    int strikes_ = 0;
    int probes_failed_ = 0;  // since the last canary
    bool canary_under_way_ = false;
    int canaries_well_ = 0;                      // in a row
    common::Instant first_canary_well_{};        // of that row
    common::Instant canary_at_ = common::never;  // when the next one may go
};

}  // namespace core
