// The replay group's progress in one partition of a dead-letter topic: which letters were replayed or
// discarded. It lives in the group's committed offset and an offset map in its metadata, so there is an end
// to how many islands it can describe: fits_with() is asked before a letter is taken.
#pragma once

#include <set>

#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace core {

class Settling {
public:
    // As the group committed it.
    explicit Settling(Offset committed, OffsetRanges above = {}) : tracker_{committed, std::move(above)} {}

    // The record at `offset`, in ascending order. True: it was settled before.
    [[nodiscard]] bool found(Offset offset) { return tracker_.delivered(offset); }
    // Whether a map could describe that it, and all that was taken, is settled. Looks closely once in a
    // while: that costs a walk over the partition, and the reserve holds what may come in between.
    [[nodiscard]] bool fits_with(Offset offset);
    // It is being replayed or discarded: it counts for fits_with().
    void take(Offset offset) { taken_.insert(offset); }
    void settle(Offset offset);
    // It could not be settled, and stays open.
    void give_back(Offset offset) { taken_.erase(offset); }

    // What to commit.
    [[nodiscard]] Offset committable() const noexcept { return tracker_.committable(); }
    [[nodiscard]] EncodedMap map() const {
        return encode_offset_map(committable(), tracker_.finished_above());
    }

private:
    OffsetTracker tracker_;
    std::set<Offset> taken_;
    std::size_t looks_saved_ = 0;
};

}  // namespace core
