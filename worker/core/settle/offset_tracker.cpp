#include "worker/core/settle/offset_tracker.hpp"

#include <algorithm>
#include <utility>

#include "common/invariant.hpp"

namespace core {
namespace {

// What the class expects of restored ranges, from whatever was given: above `next`, ascending, disjoint, not
// adjacent. Dropping or clipping a range repeats work and loses none.
OffsetRanges normalized(OffsetRanges ranges, Offset next) {
    std::erase_if(
        ranges, [next](const OffsetRange& range) { return range.last <= next || range.last < range.first; });
    std::sort(ranges.begin(), ranges.end(), [](const OffsetRange& left, const OffsetRange& right) {
        return left.first < right.first;
    });
    OffsetRanges joined;
    for (OffsetRange range : ranges) {
        range.first = std::max(range.first, next + 1);
        if (!joined.empty() && range.first <= joined.back().last + 1) {
            joined.back().last = std::max(joined.back().last, range.last);
        } else {
            joined.push_back(range);
        }
    }
    return joined;
}

}  // namespace

OffsetTracker::OffsetTracker(Offset next, OffsetRanges finished_before)
    : restored_{normalized(std::move(finished_before), next)}, next_{next} {}

bool OffsetTracker::delivered(Offset offset) {
    INVARIANT(offset >= next_, "a partition's records are delivered in offset order");
    while (restored_at_ < restored_.size() && restored_[restored_at_].last < offset) {
        ++restored_at_;
    }
    next_ = offset + 1;
    if (restored_at_ < restored_.size() && restored_[restored_at_].first <= offset) {
        return true;
    }
    entries_.push_back(Entry{offset});
    ++unfinished_;
    return false;
}

bool OffsetTracker::finished(Offset offset) {
    if (entries_.empty() || offset < entries_.front().offset || offset > entries_.back().offset) {
        return false;
    }
    // Without holes the distance from the front is the place; holes only move it towards the front.
    const auto farthest =
        std::min(static_cast<std::size_t>(offset - entries_.front().offset), entries_.size() - 1);
    auto at = entries_.begin() + static_cast<std::ptrdiff_t>(farthest);
    if (at->offset != offset) {
        at = std::lower_bound(entries_.begin(), at, offset, [](const Entry& entry, Offset wanted) {
            return entry.offset < wanted;
        });
    }
    if (at->offset != offset || at->done) {
        return false;
    }
    at->done = true;
    --unfinished_;
    while (!entries_.empty() && entries_.front().done) {
        entries_.pop_front();
    }
    return true;
}

Offset OffsetTracker::committable() const noexcept {
    if (!entries_.empty()) {
        return entries_.front().offset;
    }
    if (restored_at_ < restored_.size() && restored_[restored_at_].first <= next_) {
        return std::max(next_, restored_[restored_at_].last + 1);
    }
    return next_;
}

OffsetRanges OffsetTracker::finished_above() const {
    OffsetRanges ranges;
    Offset from = committable();
    if (!entries_.empty()) {
        from = from + 1;
        for (const Entry& entry : entries_) {
            if (entry.done || entry.offset < from) {
                continue;
            }
            if (entry.offset > from) {
                ranges.push_back({from, entry.offset + -1});
            }
            from = entry.offset + 1;
        }
        if (from < next_) {
            ranges.push_back({from, next_ + -1});
        }
    }
    for (std::size_t at = restored_at_; at < restored_.size(); ++at) {
        const OffsetRange& range = restored_[at];
        if (range.last < from) {
            continue;
        }
        // Only the first one can touch what was delivered.
        if (!ranges.empty() && range.first <= ranges.back().last + 1) {
            ranges.back().last = std::max(ranges.back().last, range.last);
        } else {
            ranges.push_back({std::max(range.first, from), range.last});
        }
    }
    return ranges;
}

std::size_t OffsetTracker::unfinished() const noexcept {
    return unfinished_;
}

std::size_t OffsetTracker::span() const noexcept {
    const Offset from = committable();
    return from < next_ ? static_cast<std::size_t>(next_ - from) : 0;
}

std::optional<Offset> OffsetTracker::head() const noexcept {
    return entries_.empty() ? std::nullopt : std::optional{entries_.front().offset};
}

}  // namespace core
