// The engine between two APIs of Apple's that fail independently of each other: Automatic Sign-In
// (sim::Apple) and Sign in with Apple (sim::AppleIdentity), with people, sessions, notifications and keys
// that rotate.
//
// A world beside the large one (world.hpp): there the broker, crashes and rebalances are wild and Apple is
// one API; here Kafka is kind and everything else is about the second API. Seeded; the same seed is the same
// run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace two_apis {

enum class Promise : std::uint8_t {
    converges,           // once both are well, everything is executed, and receipts say so
    no_letter_unearned,  // only what is not Apple's is dead-lettered
    tokens_unhindered,   // the identity service, however it fails, delays no Delete
    bounded,             // in flight at each API, key sets asked for
    asked_once_a_day,
    not_believed,  // nothing is done for what Apple did not sign
    end_state,     // no token and no session survives that had to go; receipts tell the truth
};
[[nodiscard]] std::string_view promise_name(Promise promise) noexcept;

// What is rare and has to happen in some seeds, or they prove little.
enum class Probe : std::uint8_t {
    identity_down_alone,
    tokens_down_alone,
    both_down,
    client_refused_while_tokens_flow,
    notification_waited_for_its_key,
    key_set_failed_while_waited_for,
    unknown_key_refused,
    forgery_refused,
    repetition_refused,
    session_over,
    session_not_asked,
    person_throttled,
    canary_at_identity,
    mail_notification,
};
inline constexpr std::size_t probes_count = static_cast<std::size_t>(Probe::mail_notification) + 1;
[[nodiscard]] std::string_view probe_name(Probe probe) noexcept;

struct Broken {
    Promise promise;
    std::string seen;
};

struct Report {
    std::optional<Broken> broken{};
    std::array<std::uint64_t, probes_count> probes{};
    std::uint64_t requests = 0;
};

[[nodiscard]] Report run_seed(std::uint64_t seed);

}  // namespace two_apis
