// Finds the offset that is safe to commit while records of one partition finish out of order.
//
// Records arrive in offset order and finish in any order. Everything below committable() is finished, so a
// restart there may repeat work but never skips any. Offsets may have holes (compaction, transaction
// markers): a hole counts as finished, since no record will fill it.
//
//   delivered 10 11 14    finished 11    ->  committable() == 10   (10 is still running)
//                         finished 10    ->  committable() == 14   (12 and 13 never existed)
//
// What an earlier owner had finished above its commit is given to the constructor as ranges; delivered() then
// answers true for those offsets, and they stay in finished_above() until the commit passes them.
//
// Ownership: keeps offsets, never records.
// Threads:   used by the engine thread alone; not locked.
// Cost:      O(log n) a call, n = span of unsettled records, which the engine keeps within its window.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "worker/core/event/record.hpp"

namespace core {

// Offsets first..last, both included.
struct OffsetRange {
    Offset first;
    Offset last;

    friend bool operator==(const OffsetRange&, const OffsetRange&) = default;
};
using OffsetRanges = std::vector<OffsetRange>;  // ascending, disjoint, not adjacent

class OffsetTracker {
public:
    // `next` is the partition's position when it was assigned: the first offset that may be delivered.
    // `finished_before` lies above `next`; what does not is ignored.
    explicit OffsetTracker(Offset next, OffsetRanges finished_before = {});

    // Records that the worker now holds the record at `offset`. Requires `offset` to be at least `next` and
    // above every offset delivered before. True when an earlier owner already finished it: it is settled
    // then.
    [[nodiscard]] bool delivered(Offset offset);

    // Records that nothing is left to do for `offset`.
    // False when the offset is not outstanding here, as after a rebalance; nothing changes then.
    [[nodiscard]] bool finished(Offset offset);

    // What to commit: the first offset a restarted worker should read.
    [[nodiscard]] Offset committable() const noexcept;

    // Finished ranges above committable(), for the commit's metadata. A range never starts at committable().
    [[nodiscard]] OffsetRanges finished_above() const;

    // Delivered and not finished.
    [[nodiscard]] std::size_t unfinished() const noexcept;
    // From committable() to the last delivered offset, holes included: what the map must be able to describe.
    [[nodiscard]] std::size_t span() const noexcept;
    // The oldest unfinished offset; none when all is finished.
    [[nodiscard]] std::optional<Offset> head() const noexcept;

private:
    struct Entry {
        Offset offset;
        bool done = false;
    };
    // Below next_, whatever is not an unfinished entry is finished: done, a hole, or settled by an earlier
    // owner.
    std::deque<Entry> entries_;  // delivered to us, from the oldest unfinished one on
    OffsetRanges restored_;      // finished by an earlier owner
    std::size_t restored_at_ =
        0;         // the first of restored_ that reaches next_ or beyond; earlier ones are spent
    Offset next_;  // above everything delivered
    std::size_t unfinished_ = 0;
};

}  // namespace core
