#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/base64url.hpp"
#include "worker/core/planted.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_map_format.hpp"

namespace core {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string written(Offset committed, std::string_view prefix, Bytes map) {
    const std::uint32_t sum = map_checksum(committed, prefix, map);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        map.push_back(static_cast<std::uint8_t>(sum >> shift));
    }
    std::string text{prefix};
    common::append_base64url(text, map);
    return text;
}

// A range as distances from the committed offset, both included.
struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = 0;
};

// The part of `range` that a map may claim.
std::optional<Stretch> claimable(Offset committed, const OffsetRange& range) {
    if (!mappable(committed) || range.first > range.last) {
        return std::nullopt;
    }
    const Offset first = std::max(range.first, committed + 1);
    const Offset last = std::min(
        range.last + (planted(Bug::map_claims_one_too_many) ? 1 : 0), committed + (offset_map_span_max - 1));
    return first > last ? std::nullopt : std::optional{Stretch{first - committed, last - committed}};
}

// One way to write the map, in at most `bytes_max`.
struct Attempt {
    Bytes bytes;
    std::int64_t claimed = 0;  // offsets
    bool cut = false;
};

void append_varint(Bytes& bytes, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7U) {
        bytes.push_back(static_cast<std::uint8_t>(number | 0x80U));
    }
    bytes.push_back(static_cast<std::uint8_t>(number));
}

Attempt as_runs(const std::vector<Stretch>& stretches, std::size_t bytes_max) {
    Attempt attempt;
    attempt.bytes.reserve(std::min(bytes_max, stretches.size() * 4) + 8);
    std::int64_t from = 0;
    for (const Stretch& stretch : stretches) {
        const std::size_t before = attempt.bytes.size();
        append_varint(attempt.bytes, static_cast<std::uint64_t>(stretch.first - from));
        append_varint(attempt.bytes, static_cast<std::uint64_t>(stretch.last - stretch.first + 1));
        if (attempt.bytes.size() > bytes_max) {
            attempt.bytes.resize(before);
            attempt.cut = true;
            break;
        }
        attempt.claimed += stretch.last - stretch.first + 1;
        from = stretch.last + 1;
    }
    return attempt;
}

void set_bits(Bytes& bytes, std::int64_t first, std::int64_t last) {
    for (std::int64_t bit = first; bit <= last;) {
        std::uint8_t& byte = bytes[static_cast<std::size_t>(bit / 8)];
        if (bit % 8 == 0 && bit + 7 <= last) {
            byte = 0xFF;
            bit += 8;
        } else {
            byte = static_cast<std::uint8_t>(byte | (1U << static_cast<unsigned>(bit % 8)));
            ++bit;
        }
    }
}

Attempt as_bitmap(const std::vector<Stretch>& stretches, std::size_t bytes_max) {
    Attempt attempt;
    const auto bits_max = static_cast<std::int64_t>(bytes_max) * 8;
    const std::int64_t bits = std::min(stretches.back().last + 1, bits_max);
    attempt.bytes.resize(static_cast<std::size_t>((bits + 7) / 8));
    for (const Stretch& stretch : stretches) {
        const std::int64_t last = std::min(stretch.last, bits_max - 1);
        attempt.cut = attempt.cut || last < stretch.last;
        if (stretch.first > last) {
            break;
        }
        set_bits(attempt.bytes, stretch.first, last);
        attempt.claimed += last - stretch.first + 1;
    }
    while (!attempt.bytes.empty() && attempt.bytes.back() == 0) {
        attempt.bytes.pop_back();
    }
    return attempt;
}

// The one that says more; of equals the shorter.
bool better(const Attempt& left, const Attempt& right) {
    return left.claimed != right.claimed ? left.claimed > right.claimed
                                         : left.bytes.size() < right.bytes.size();
}

}  // namespace

EncodedMap encode_offset_map(Offset committed, const OffsetRanges& ranges, std::size_t chars_max) {
    std::vector<Stretch> stretches;
    stretches.reserve(ranges.size());
    bool cut = false;
    for (const OffsetRange& range : ranges) {
        if (const auto stretch = claimable(committed, range)) {
            stretches.push_back(*stretch);
        }
        cut = cut || !mappable(committed) || range.last >= committed + offset_map_span_max;
    }
    if (stretches.empty()) {
        return {{}, cut};
    }
    const std::size_t chars =
        std::min(planted(Bug::map_cut_too_short) ? std::size_t{16} : chars_max, offset_map_chars_max);
    const std::size_t overhead = common::base64url_chars(map_checksum_bytes) + runs_prefix.size();
    if (chars <= overhead) {
        return {{}, true};
    }
    const std::size_t bytes_max = (chars - runs_prefix.size()) * 3 / 4 - map_checksum_bytes;
    Attempt bitmap = as_bitmap(stretches, bytes_max);
    // Runs that grow longer than a whole bitmap have lost already.
    Attempt runs = as_runs(stretches, bitmap.cut ? bytes_max : bitmap.bytes.size());
    const bool as_bits = better(bitmap, runs);
    Attempt& chosen = as_bits ? bitmap : runs;
    if (chosen.claimed == 0) {
        return {{}, true};
    }
    return {
        written(committed, as_bits ? bitmap_prefix : runs_prefix, std::move(chosen.bytes)),
        cut || chosen.cut};
}

}  // namespace core
