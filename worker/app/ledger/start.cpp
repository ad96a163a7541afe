#include "worker/app/ledger/start.hpp"

#include <algorithm>

#include "worker/core/settle/offset_map.hpp"

namespace app::ledger {
namespace {

using core::Offset;
using core::OffsetRange;
using core::OffsetRanges;

// The one range of `ranges` that holds `offset`, or the first one above it.
OffsetRanges::const_iterator at_or_above(const OffsetRanges& ranges, Offset offset) {
    return std::find_if(
        ranges.begin(), ranges.end(), [offset](const OffsetRange& range) { return range.last >= offset; });
}

// The first offset from `offset` on that no range holds.
Offset behind(const OffsetRanges& ranges, Offset offset) {
    const auto range = at_or_above(ranges, offset);
    return range != ranges.end() && range->first <= offset ? behind(ranges, range->last + 1) : offset;
}

// The first offset above `offset` at which a range begins, at most `to`.
Offset begin_of_next(const OffsetRanges& ranges, Offset offset, Offset to) {
    const auto range = at_or_above(ranges, offset);
    return range == ranges.end() ? to : std::min(range->first, to);
}

}  // namespace

Settled settled_of(const kafka::GroupOffset& replay, Offset end) {
    if (!replay.committed || *replay.committed > end) {
        return {};
    }
    return {*replay.committed, core::decode_offset_map(*replay.committed, replay.metadata).ranges};
}

Start start_of(const kafka::Watermarks& exist, const kafka::GroupOffset& own, const Settled& settled) {
    if (!own.committed || *own.committed > exist.end) {
        return {exist.first, {}, 0};
    }
    const OffsetRanges closed = core::decode_offset_map(*own.committed, own.metadata).ranges;
    Start start;
    start.next = behind(closed, std::max(*own.committed, exist.first));
    start.expired = unsettled_between(*own.committed, exist.first, settled, closed);
    std::copy_if(
        closed.begin(), closed.end(), std::back_inserter(start.closed),
        [&](const OffsetRange& range) { return range.first > start.next; });
    return start;
}

std::uint64_t unsettled_between(Offset from, Offset to, const Settled& settled, const OffsetRanges& closed) {
    std::uint64_t count = 0;
    for (Offset at = std::max(from, settled.committed); at < to;) {
        const Offset next = behind(settled.above, behind(closed, at));
        if (next != at) {
            at = next;
            continue;
        }
        const Offset until = std::min(begin_of_next(settled.above, at, to), begin_of_next(closed, at, to));
        count += static_cast<std::uint64_t>(until - at);
        at = until;
    }
    return count;
}

}  // namespace app::ledger
