// Holds everything that uses one credential (an app at one API) while Apple refuses or throttles it.
//
//   open --refused, throttled, rejecting--> closed --until reached, a command sent--> probing
//    ^                                        ^                                          |
//    +----------- the probe was answered -----|------------------------------------------+
//                                             +------- the probe says the same again ----+
//
// An answer tells about the time its request was sent. Every change of state begins a new term; a flight
// remembers the term it was sent in, and what an earlier term says about the gate is not believed, with one
// exception: a Retry-After still binds, whoever brings it.
//
// Source: apple-apis section 5 (401, 403, 429, 405/410/3xx); a 401 is signed afresh once at no cost.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/prng.hpp"
#include "common/time.hpp"
#include "worker/core/outcome/backoff.hpp"

namespace core {

enum class GateState : std::uint8_t { open, closed, probing };
inline constexpr std::array gate_states{GateState::open, GateState::closed, GateState::probing};
[[nodiscard]] std::string_view state_name(GateState state) noexcept;

// Why a gate is closed: what Apple said about the credential, or that it rejects every command.
enum class GateReason : std::uint8_t {
    none,
    credential_refused,
    throttled,
    misdirected,
    rejecting_everything
};
inline constexpr std::array gate_reasons{
    GateReason::none, GateReason::credential_refused, GateReason::throttled, GateReason::misdirected,
    GateReason::rejecting_everything};
[[nodiscard]] std::string_view reason_name(GateReason reason) noexcept;

class Gate {
public:
    using Term = std::uint64_t;

    struct Waits {
        Backoff refused;    // between probes while the credential is refused
        Backoff throttled;  // for a 429 that does not say how long
    };

    explicit Gate(Waits waits) : waits_{waits} {}

    // Whether one command may be sent now. If the gate is not open, it is the probe: call probe_sent().
    [[nodiscard]] bool lets_through(common::Instant now) const noexcept;
    // The earliest time at which lets_through() can become true by itself; never while a probe is under way.
    [[nodiscard]] common::Instant next_try() const noexcept;

    void probe_sent() noexcept;

    // Apple answered 429.
    void throttled(
        Term sent_in, common::Now now, std::optional<common::Duration> retry_after, common::Prng& random);

    // Apple refused the credential or the address. The first refusal of a term is tried again at once, with a
    // fresh signature; later ones wait. True when this answer was believed: sign again.
    bool refused(Term sent_in, common::Now now, GateReason reason, common::Prng& random);

    // A probe ended without telling anything about the credential (lost, 5xx, not sent).
    void probe_told_nothing(common::Now now, common::Prng& random);

    // Apple processed a command. Opens the gate when it was this term's probe. True when that opened it.
    bool processed(Term sent_in) noexcept;

    // The key files changed: probe at once, unless Apple named a time.
    void probe_now(common::Now now) noexcept;

    [[nodiscard]] Term term() const noexcept { return term_; }
    [[nodiscard]] GateState state() const noexcept { return state_; }
    [[nodiscard]] GateReason reason() const noexcept { return reason_; }
    [[nodiscard]] common::Instant closed_since() const noexcept { return closed_since_; }
    // Probes and commands that were refused or throttled since Apple last processed one.
    [[nodiscard]] int closings() const noexcept { return strikes_; }

private:
    void close(common::Instant until, GateReason reason, common::Instant now) noexcept;

    Waits waits_;
    GateState state_ = GateState::open;
    GateReason reason_ = GateReason::none;
    Term term_ = 1;
    int strikes_ = 0;               // closings in a row
    common::Instant until_{};       // closed: when to probe
    common::Instant not_before_{};  // what Apple asked for; binds in every state
    common::Instant closed_since_{};
};

}  // namespace core
