#include "worker/app/ledger/start.hpp"

#include <algorithm>

#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_ranges.hpp"

namespace app::ledger {

using core::Offset;
using core::OffsetRange;
using core::OffsetRanges;

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
    start.next = core::first_outside(closed, std::max(*own.committed, exist.first));
    start.expired = unsettled_between(*own.committed, exist.first, settled, closed);
    std::copy_if(
        closed.begin(), closed.end(), std::back_inserter(start.closed),
        [&](const OffsetRange& range) { return range.first > start.next; });
    return start;
}

std::uint64_t unsettled_between(Offset from, Offset to, const Settled& settled, const OffsetRanges& closed) {
    return core::uncovered(std::max(from, settled.committed), to, settled.above, closed);
}

}  // namespace app::ledger
