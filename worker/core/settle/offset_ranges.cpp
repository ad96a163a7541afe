#include "worker/core/settle/offset_ranges.hpp"

#include <algorithm>
#include <iterator>

namespace core {
namespace {

// The one range that holds `offset`, or the first one above it.
OffsetRanges::const_iterator at_or_above(const OffsetRanges& ranges, Offset offset) {
    return std::lower_bound(
        ranges.begin(), ranges.end(), offset,
        [](const OffsetRange& range, Offset wanted) { return range.last < wanted; });
}

// The first offset above `offset` at which a range begins, at most `to`.
Offset begin_of_next(const OffsetRanges& ranges, Offset offset, Offset to) {
    const auto range = at_or_above(ranges, offset);
    return range == ranges.end() ? to : std::min(range->first, to);
}

}  // namespace

bool covers(const OffsetRanges& ranges, Offset offset) {
    const auto range = at_or_above(ranges, offset);
    return range != ranges.end() && range->first <= offset;
}

Offset first_outside(const OffsetRanges& ranges, Offset offset) {
    for (auto range = at_or_above(ranges, offset); range != ranges.end() && range->first <= offset; ++range) {
        offset = range->last + 1;
    }
    return offset;
}

OffsetRanges united(const OffsetRanges& one, const OffsetRanges& other) {
    OffsetRanges all;
    all.reserve(one.size() + other.size());
    std::merge(
        one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(all),
        [](const OffsetRange& left, const OffsetRange& right) { return left.first < right.first; });
    OffsetRanges merged;
    for (const OffsetRange& range : all) {
        if (!merged.empty() && range.first <= merged.back().last + 1) {
            merged.back().last = std::max(merged.back().last, range.last);
        } else {
            merged.push_back(range);
        }
    }
    return merged;
}

std::uint64_t uncovered(Offset from, Offset to, const OffsetRanges& one, const OffsetRanges& other) {
    std::uint64_t count = 0;
    for (Offset at = from; at < to;) {
        const Offset next = first_outside(one, first_outside(other, at));
        if (next != at) {
            at = next;
            continue;
        }
        const Offset until = std::min(begin_of_next(one, at, to), begin_of_next(other, at, to));
        count += static_cast<std::uint64_t>(until - at);
        at = until;
    }
    return count;
}

}  // namespace core
