// What the engine counts about itself. Plain numbers in arrays over closed sets; adapters/metrics turns them
// into series at scrape time, so counting costs an increment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/histogram.hpp"
#include "common/time.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/event/event.hpp"
#include "worker/core/outcome/classify.hpp"
#include "worker/core/schedule/breaker.hpp"
#include "worker/core/schedule/gate.hpp"
#include "worker/core/settle/letter.hpp"

namespace core {

// Upper bounds in seconds; 60 s and 15 min are the default objectives and must be bounds.
inline constexpr std::array time_to_execute_bounds{0.01, 0.025, 0.05, 0.1,  0.25, 0.5,   1.0,    2.5,   5.0,
                                                   10.0, 30.0,  60.0, 300., 900., 3600., 21600., 86400.};

template <class Value>
using ByType = std::array<Value, event_types.size()>;
template <class Value>
using ByOutcome = std::array<Value, outcomes.size()>;

struct Counters {
    ByType<std::uint64_t> events{};                     // decoded
    ByType<ByOutcome<std::uint64_t>> events_settled{};  // an event counts once: dead-lettered if any
                                                        // command is, else by what was achieved
    std::array<ByOutcome<std::uint64_t>, actions.size()> commands{};
    std::vector<std::uint64_t> attempts;  // by index into answer_classes()
    std::uint64_t retries = 0;
    std::uint64_t free_retries = 0;  // cost no attempt: not sent, systemic
    std::array<std::uint64_t, dead_letter_reasons.size()> dead_letters{};  // acknowledged
    std::uint64_t dead_letters_without_value = 0;
    std::uint64_t receipts = 0;        // acknowledged
    std::uint64_t store_failures = 0;  // of dead letters and receipts; each is stored again
    std::uint64_t records = 0;
    std::uint64_t records_already_finished = 0;  // known from the offset map
    std::uint64_t records_of_old_epochs = 0;     // dropped
    std::uint64_t key_not_subject = 0;
    std::uint64_t commits = 0;
    std::uint64_t commit_failures = 0;
    std::uint64_t offset_maps_cut = 0;
    std::uint64_t offset_maps_ignored = 0;  // foreign or damaged
    std::uint64_t rebalances = 0;
    std::uint64_t canaries = 0;
    std::uint64_t exhaustions_withheld = 0;  // attempts used up, retried all the same: too many at once
    std::uint64_t rejections_withheld = 0;   // retried instead of dead-lettered: too many at once
    std::uint64_t standstills = 0;           // times that work rested without a reason
    std::uint64_t heads_given_up = 0;        // dead-lettered because they held a full window
    std::uint64_t notifications_verified = 0;
    std::vector<std::uint64_t> notifications_refused;  // by place in identity_codes
    std::uint64_t key_sets = 0;                        // fetched
    std::uint64_t sessions_not_asked = 0;  // asked about less than a day ago, by us or as Apple counts
};

// What an event waits for that was received and is not executed.
//   queued     its turn: behind another of its account, or for a free place
//   in_flight  Apple's answer
//   retrying   its next attempt, after one that failed
//   held       a closed gate or breaker
//   storing    the acknowledgement of its dead letter
enum class Wait : std::uint8_t { queued, in_flight, retrying, held, storing };
inline constexpr std::array wait_kinds{
    Wait::queued, Wait::in_flight, Wait::retrying, Wait::held, Wait::storing};
[[nodiscard]] std::string_view wait_name(Wait wait) noexcept;

struct GateStatus {
    Api api = Api::automatic_sign_in;
    std::string credential;
    GateState state = GateState::open;
    GateReason reason = GateReason::none;
    common::Duration closed_for{};                 // since it last closed; 0 when open
    std::optional<common::Duration> reopens_in{};  // until the next probe
    std::size_t lanes_waiting = 0;
};

// Of one kind of call with one credential.
struct BreakerStatus {
    Api api = Api::automatic_sign_in;
    std::string credential;
    Action action = Action::erase;
    BreakerState state = BreakerState::closed;
    common::Duration open_for{};
};

struct EndpointStatus {
    std::string name;
    std::size_t capacity = 0;  // streams the server allows
};

struct PartitionStatus {
    TopicPartition partition;
    Epoch epoch;
    Offset committed;  // acknowledged
    Offset committable;
    std::size_t unsettled = 0;
    std::size_t span = 0;
    std::size_t map_chars = 0;
    bool paused = false;
    bool revoking = false;
};

// Work that rests though nothing holds it on purpose.
struct Standstill {
    common::Duration lasts{};
    // The one whose acknowledgement Kafka has owed longest; none: Kafka owes nothing.
    std::optional<TopicPartition> partition{};
    // Other work moves, and Kafka answers: it refuses this again and again. A new process would be refused
    // too.
    bool refused = false;
};

// Gauges, made on demand. Costs O(records buffered) for the oldest one: for a scrape, not for every turn.
struct Status {
    std::size_t in_flight = 0;
    std::size_t in_flight_max = 0;
    std::size_t lanes = 0;
    std::size_t lanes_ready = 0;
    std::size_t lanes_waiting = 0;  // for a retry
    std::size_t lanes_held = 0;     // behind a closed gate or breaker
    std::size_t lanes_limited = 0;  // for our own limit (requests_per_second); the others are ready
    std::size_t records_buffered = 0;
    std::size_t bytes_buffered = 0;
    std::size_t stores_in_flight = 0;
    // Age of the oldest event that was received and is neither executed nor settled; from its event time.
    // Checks of sessions aside, which end nothing.
    std::optional<common::Duration> oldest_unexecuted{};
    // The same for each Wait: none waits for it.
    std::array<std::optional<common::Duration>, wait_kinds.size()> oldest_by_wait{};
    std::optional<Standstill> standstill{};
    bool draining = false;
    std::optional<common::Duration> key_set_age{};  // none: there is none
    std::size_t notifications_remembered = 0;
    std::size_t sessions_remembered = 0;
    std::vector<GateStatus> gates{};
    std::vector<BreakerStatus> breakers{};
    std::vector<EndpointStatus> endpoints{};
    std::vector<PartitionStatus> partitions{};
};

struct Stats {
    Stats();
    Counters counters;
    // Event time to executed (or already so), by the place of what was achieved in achieved_outcomes.
    ByType<std::array<common::Histogram, achieved_outcomes.size()>> time_to_execute;
    // Seconds from sending to the end of the exchange.
    common::Histogram exchange_seconds;
};

}  // namespace core
