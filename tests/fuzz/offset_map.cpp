// A commit's metadata, as any program with write access to the group may have left it.
//
//   8 bytes   the committed offset
//   1 byte    0: what follows is the metadata
//             1, 2: what follows is the payload of a map of runs or bits; encoding and checksum are added
//   1 byte    how much room there is when it is written again, in steps of 16 characters
#include <string>
#include <string_view>
#include <vector>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_map_format.hpp"

namespace {

std::string map_around(std::string_view payload, std::string_view prefix, core::Offset committed) {
    std::vector<std::uint8_t> bytes{payload.begin(), payload.end()};
    const std::uint32_t sum = core::map_checksum(committed, prefix, bytes);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(sum >> shift));
    }
    std::string text{prefix};
    common::append_base64url(text, bytes);
    return text;
}

void check_ranges(const core::OffsetRanges& ranges, core::Offset committed) {
    core::Offset above = committed;
    for (const core::OffsetRange& range : ranges) {
        INVARIANT(range.first > above, "ranges ascend, neither touch nor start at the committed offset");
        INVARIANT(range.first <= range.last, "a range has a length");
        INVARIANT(range.last - committed < core::offset_map_span_max, "a map's claim is bounded");
        above = range.last + 1;
    }
}

// What is cut is the end: each range is known already, the last one perhaps in part.
void check_cut(const core::OffsetRanges& whole, const core::OffsetRanges& part) {
    INVARIANT(part.size() <= whole.size(), "cutting adds nothing");
    for (std::size_t at = 0; at < part.size(); ++at) {
        INVARIANT(
            part[at].first == whole[at].first && part[at].last <= whole[at].last, "only the end is cut");
        INVARIANT(at + 1 == part.size() || part[at].last == whole[at].last, "only the last one is cut");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    const core::Offset committed{input.number()};
    const std::uint8_t form = input.byte();
    const std::size_t room = std::size_t{input.byte()} * 16;
    std::string metadata{input.rest()};
    if (form == 1 || form == 2) {
        metadata = map_around(metadata, form == 1 ? core::runs_prefix : core::bitmap_prefix, committed);
    }
    const core::DecodedMap decoded = core::decode_offset_map(committed, metadata);
    check_ranges(decoded.ranges, committed);
    if (decoded.origin != core::MapOrigin::ours) {
        INVARIANT(decoded.ranges.empty(), "only our own maps let records be skipped");
        return 0;
    }
    const core::OffsetTracker tracker{committed, decoded.ranges};
    INVARIANT(tracker.committable() == committed, "a map never moves the commit");
    INVARIANT(tracker.finished_above() == decoded.ranges, "what an owner finished stays finished");

    const core::EncodedMap encoded = core::encode_offset_map(committed, decoded.ranges);
    INVARIANT(encoded.text.size() <= metadata.size() && !encoded.cut, "what fitted once fits again");
    const core::DecodedMap again = core::decode_offset_map(committed, encoded.text);
    INVARIANT(again.ranges == decoded.ranges, "written again, a map says the same");

    const core::EncodedMap small = core::encode_offset_map(committed, decoded.ranges, room);
    INVARIANT(small.text.size() <= room, "a map obeys the room it is given");
    const core::DecodedMap less = core::decode_offset_map(committed, small.text);
    check_cut(decoded.ranges, less.ranges);
    INVARIANT(small.cut || less.ranges == decoded.ranges, "the flag tells a cut map");
    return 0;
}
