// Compares the ledger of the scripted Apple with what the events demanded. The ledger decides: it is the one
// witness that no bug of the worker can mislead.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "tests/kafka/account_history.hpp"
#include "worker/sim/apple/ledger.hpp"

namespace lane {

struct Verdict {
    std::size_t requests = 0;
    std::size_t repeats = 0;              // requests for a command that Apple had received before
    std::size_t repeats_of_finished = 0;  // of those: of events that Apple had received completely
    std::string problem{};  // the first one; empty: every command ran, each account's in order, one at a time
};

// Partitions that changed hands. A drain ends between two commands, and offsets are those of whole events:
// the next owner starts an event over that its predecessor had begun.
enum class HandOver : unsigned char { never, drained };

// `crashes`: when workers died. After one, an account may start over at an earlier command, never at a later
// one.
[[nodiscard]] Verdict judge(
    const History& history, const sim::Ledger& ledger, HandOver hand_over,
    const std::vector<common::Instant>& crashes = {});

// Failed on any problem, and on repeats: all of them, or, after a drain, those of finished events.
Verdict require_all_once(
    const History& history, const sim::Ledger& ledger, HandOver hand_over = HandOver::never);

}  // namespace lane
