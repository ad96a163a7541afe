#include "worker/core/letters/stretch.hpp"

#include <algorithm>
#include <utility>

#include "worker/core/planted.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_ranges.hpp"

namespace core {
namespace {

// An offset above the end belongs to an earlier topic of this name: nothing here was settled.
bool is_of_this_topic(const GroupProgress& group, Offset end) {
    return group.committed && *group.committed <= end;
}

OffsetRanges settled_by(const GroupProgress& group, Offset end) {
    if (!is_of_this_topic(group, end)) {
        return {};
    }
    OffsetRanges above = planted(Bug::settled_letters_forgotten)
                             ? OffsetRanges{}
                             : decode_offset_map(*group.committed, group.metadata).ranges;
    return *group.committed > Offset{0} ? united({{Offset{0}, Offset{group.committed->value - 1}}}, above)
                                        : above;
}

}  // namespace

Stretch stretch_of(
    TopicPartition partition, Offset first, Offset end, const GroupProgress& replay,
    const GroupProgress& watch) {
    Stretch stretch{std::move(partition), first, end, first, {}, 0};
    const OffsetRanges replayed = settled_by(replay, end);
    // The watch closes what expired, so it cannot tell whether somebody had settled it.
    if (is_of_this_topic(replay, end)) {
        stretch.expired = static_cast<std::int64_t>(uncovered(Offset{0}, first, replayed, {}));
    } else {
        stretch.expired = replay.committed ? 0 : first.value;
    }
    const OffsetRanges settled = united(replayed, settled_by(watch, end));
    stretch.settled = std::min(first_outside(settled, first), end);
    for (const OffsetRange& range : settled) {
        if (range.first > stretch.settled) {
            stretch.above.push_back(range);
        }
    }
    return stretch;
}

bool is_settled(const Stretch& stretch, Offset offset) {
    return offset < stretch.settled || covers(stretch.above, offset);
}

}  // namespace core
