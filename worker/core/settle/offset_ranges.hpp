// Questions about sets of offsets, given as ranges in ascending order that neither touch nor overlap.
#pragma once

#include <cstdint>

#include "worker/core/settle/offset_tracker.hpp"

namespace core {

[[nodiscard]] bool covers(const OffsetRanges& ranges, Offset offset);

// The first offset from `offset` on that no range holds.
[[nodiscard]] Offset first_outside(const OffsetRanges& ranges, Offset offset);

// What either holds.
[[nodiscard]] OffsetRanges united(const OffsetRanges& one, const OffsetRanges& other);

// How many offsets of [from, to) neither of the two holds.
[[nodiscard]] std::uint64_t uncovered(
    Offset from, Offset to, const OffsetRanges& one, const OffsetRanges& other);

}  // namespace core
