// What was done to one worker process, as the driver remembers it, and the judgement of a run in which
// workers were killed, paused and restarted: who sent which request is told by the key that signed it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "tests/kafka/account_history.hpp"
#include "worker/sim/apple/ledger.hpp"

namespace lane {

// From SIGSTOP to SIGCONT; or while the brokers were away, until they took a commit again.
struct Pause {
    common::Instant from{};
    common::Instant until = common::never;
};

struct Tenure {
    std::string key_id{};
    // Of a process that was not let finish: when it was told to die.
    common::Instant killed = common::never;
    // When nothing of it can be sent any more.
    common::Instant gone = common::never;
    std::vector<Pause> pauses{};
};

struct TenureRules {
    // A pause from here on may have cost the worker its partitions, and what it does before it learns that is
    // excused: it may repeat what the next owner has done, and the next owner may repeat that.
    common::Duration session{};
    // Until such a worker has learned it.
    common::Duration learns_within{};
    // A finished event is committed after this time at the latest, and not repeated from then on.
    common::Duration commits_within{};
};

struct TenureVerdict {
    std::size_t requests = 0;
    std::size_t in_flight_at_kills = 0;
    std::size_t repeats_of_begun = 0;     // requests of an event that nobody had finished
    std::size_t repeats_of_finished = 0;  // each explained by a kill or a long pause
    std::size_t by_unaware = 0;           // requests of a worker that had not learned of its loss yet
    // The first thing that no kill and no pause explains: a command that was lost, out of order, at the same
    // time as another one of its account, or repeated. Empty: there is none.
    std::string problem{};
};

[[nodiscard]] TenureVerdict judge_tenures(
    const History& history, const sim::Ledger& ledger, const std::vector<Tenure>& tenures,
    const TenureRules& rules);

struct Outages {
    std::size_t executed = 0;  // commands that Apple answered during them
    std::size_t repeated = 0;
    std::size_t allowed = 0;
};

// A worker whose brokers are away goes on and can commit nothing of it: so much it repeats at most if it
// loses its partitions over it, and a little that was not committed yet when the brokers went.
[[nodiscard]] Outages judge_outages(
    const TenureVerdict& verdict, const std::vector<Pause>& outages, const sim::Ledger& ledger);

}  // namespace lane
