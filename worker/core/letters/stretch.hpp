// One partition of a dead-letter topic as a run sees it: what exists, and what was settled before.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "worker/core/event/record.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace core {

struct Stretch {
    TopicPartition partition;
    Offset first;              // that exists
    Offset end;                // when it was asked
    Offset settled;            // everything below it: the replay group's committed offset, or `first`
    OffsetRanges above;        // settled above it
    std::int64_t expired = 0;  // offsets that retention took before anybody settled them
};

// Of what exists ([first, end)), and what the replay group committed there; none: it never did.
[[nodiscard]] Stretch stretch_of(
    TopicPartition partition, Offset first, Offset end, std::optional<Offset> committed,
    std::string_view metadata);
// Whether the letter was replayed or discarded before.
[[nodiscard]] bool is_settled(const Stretch& stretch, Offset offset);

}  // namespace core
