// The finished offsets above a committed one, as text for the commit's metadata (Kafka: at most 4096
// characters; kept to ASCII because librdkafka 2.0.2 corrupts bytes that are not UTF-8).
//
//   asw1r:<base64url>   runs: LEB128 varints gap, length, gap, length ... from the committed offset on
//   asw1b:<base64url>   bitmap: bit i (lowest first) = offset committed + i is finished
//
// Both end with a checksum of four bytes over the committed offset, the kind and the map: a map that a tool
// carried to another offset (group resets, mirrored offsets) would otherwise skip records that never ran.
//
// The shorter one is written. A map that does not fit is cut at its end: fewer offsets are known to be
// finished, which repeats work and loses none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "worker/core/settle/offset_tracker.hpp"

namespace core {

inline constexpr std::size_t offset_map_chars_max = 4096;

struct EncodedMap {
    std::string text;  // empty when there is nothing to say
    bool cut = false;  // some finished offsets did not fit
};

// `ranges` as OffsetTracker::finished_above() gives them.
[[nodiscard]] EncodedMap encode_offset_map(
    Offset committed, const OffsetRanges& ranges, std::size_t chars_max = offset_map_chars_max);

enum class MapOrigin : unsigned char { none, ours, foreign, damaged };

struct DecodedMap {
    OffsetRanges ranges;
    MapOrigin origin = MapOrigin::none;
};

// Metadata of another program, another version or with damage is ignored (and said so): nothing is skipped
// then. Bounded work for any input; a map never claims more than offset_map_span_max offsets.
[[nodiscard]] DecodedMap decode_offset_map(Offset committed, std::string_view metadata);

inline constexpr std::int64_t offset_map_span_max = 1'000'000;

}  // namespace core
