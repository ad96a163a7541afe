#include "worker/core/letters/stretch.hpp"

#include <algorithm>
#include <utility>

#include "worker/core/planted.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_ranges.hpp"

namespace core {

Stretch stretch_of(
    TopicPartition partition, Offset first, Offset end, std::optional<Offset> committed,
    std::string_view metadata) {
    Stretch stretch{std::move(partition), first, end, first, {}, 0};
    // An offset above the end belongs to an earlier topic of this name: nothing here was settled.
    if (!committed || *committed > end) {
        stretch.expired = committed ? 0 : first.value;
        return stretch;
    }
    const OffsetRanges above = planted(Bug::settled_letters_forgotten)
                                   ? OffsetRanges{}
                                   : decode_offset_map(*committed, metadata).ranges;
    stretch.expired = static_cast<std::int64_t>(uncovered(*committed, first, above, {}));
    stretch.settled = std::clamp(*committed, first, end);
    for (const OffsetRange& range : above) {
        if (range.last >= stretch.settled) {
            stretch.above.push_back({std::max(range.first, stretch.settled), range.last});
        }
    }
    if (!stretch.above.empty() && stretch.above.front().first == stretch.settled) {
        stretch.settled = stretch.above.front().last + 1;
        stretch.above.erase(stretch.above.begin());
    }
    return stretch;
}

bool is_settled(const Stretch& stretch, Offset offset) {
    return offset < stretch.settled || covers(stretch.above, offset);
}

}  // namespace core
