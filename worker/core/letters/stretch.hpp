// One partition of a dead-letter topic as a run sees it: what exists, and what was settled before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "worker/core/event/record.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace core {

struct Stretch {
    TopicPartition partition;
    Offset first;              // that exists
    Offset end;                // when it was asked
    Offset settled;            // everything below it, at least `first`
    OffsetRanges above;        // settled above it
    std::int64_t expired = 0;  // offsets that retention took before anybody settled them
};

// What a group committed there: an offset, with a map of what is done above it.
struct GroupProgress {
    std::optional<Offset> committed{};  // none: it never did, or the brokers forgot it
    std::string metadata{};
};

// Of what exists ([first, end)). Settled is what the replay group settled, and also what the watch closed: it
// closes nothing that was not settled. Brokers forget what a group without members committed, and the replay
// group has none most of the time, while the workers are the watch's members.
[[nodiscard]] Stretch stretch_of(
    TopicPartition partition, Offset first, Offset end, const GroupProgress& replay,
    const GroupProgress& watch = {});
// Whether the letter was replayed or discarded before.
[[nodiscard]] bool is_settled(const Stretch& stretch, Offset offset);

}  // namespace core
