// Where the ledger of a dead-letter partition goes on, from what the groups have committed. Pure.
#pragma once

#include <cstdint>

#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace app::ledger {

// What people have replayed or discarded: everything below `committed`, and what lies in `above`.
struct Settled {
    core::Offset committed{};
    core::OffsetRanges above{};
};

// Nothing, when the group never committed, or for an earlier topic of this name: above the end.
[[nodiscard]] Settled settled_of(const kafka::GroupOffset& replay, core::Offset end);

struct Start {
    core::Offset next{};          // to be read first
    core::OffsetRanges closed{};  // above it
    std::uint64_t expired = 0;    // letters that nobody had settled or closed, and that are gone
};

// `own`: what the ledger's group has committed.
[[nodiscard]] Start start_of(
    const kafka::Watermarks& exist, const kafka::GroupOffset& own, const Settled& settled);

// Offsets in [from, to) that are neither settled nor in `closed`: letters that retention took, if nobody
// looked meanwhile.
[[nodiscard]] std::uint64_t unsettled_between(
    core::Offset from, core::Offset to, const Settled& settled, const core::OffsetRanges& closed);

}  // namespace app::ledger
