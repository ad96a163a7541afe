#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/base64url.hpp"
#include "worker/core/planted.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_map_format.hpp"

namespace core {
namespace {

using Bytes = std::span<const std::uint8_t>;

// A number of at most three bytes in its shortest form, which is all that a span of a million needs.
std::optional<std::int64_t> take_varint(Bytes bytes, std::size_t& at) {
    std::int64_t number = 0;
    for (unsigned shift = 0; shift < 21 && at < bytes.size(); shift += 7) {
        const std::uint8_t byte = bytes[at++];
        number |= static_cast<std::int64_t>(byte & 0x7FU) << shift;
        if (byte < 0x80) {
            return byte == 0 && shift > 0 ? std::nullopt : std::optional{number};
        }
    }
    return std::nullopt;
}

std::optional<OffsetRanges> read_runs(Offset committed, Bytes bytes) {
    OffsetRanges ranges;
    std::int64_t from = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto gap = take_varint(bytes, at);
        const auto length = take_varint(bytes, at);
        // Neither is ever zero: a range never starts at the committed offset nor touches the one before.
        if (!gap || !length || *gap == 0 || *length == 0 || from + *gap + *length > offset_map_span_max) {
            return std::nullopt;
        }
        const std::int64_t first = from + *gap;
        from = first + *length;
        ranges.push_back(
            {committed + first, committed + (from - (planted(Bug::map_read_one_too_far) ? 0 : 1))});
    }
    return ranges;
}

std::optional<OffsetRanges> read_bitmap(Offset committed, Bytes bytes) {
    // Written without a bit for the committed offset itself and without zeros at the end.
    if ((bytes.front() & 1U) != 0 || bytes.back() == 0 ||
        static_cast<std::int64_t>(bytes.size()) * 8 > offset_map_span_max) {
        return std::nullopt;
    }
    OffsetRanges ranges;
    for (std::size_t bit = 1; bit < bytes.size() * 8; ++bit) {
        if ((bytes[bit / 8] >> (bit % 8) & 1U) == 0) {
            continue;
        }
        const Offset offset = committed + static_cast<std::int64_t>(bit);
        if (!ranges.empty() && ranges.back().last + 1 == offset) {
            ranges.back().last = offset;
        } else {
            ranges.push_back({offset, offset});
        }
    }
    return ranges;
}

std::optional<OffsetRanges> read(Offset committed, std::string_view prefix, std::string_view payload) {
    const auto bytes = common::base64url_bytes(payload);
    if (!bytes || bytes->size() <= map_checksum_bytes) {
        return std::nullopt;
    }
    const std::size_t end = bytes->size() - map_checksum_bytes;
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < map_checksum_bytes; ++at) {
        sum |= static_cast<std::uint32_t>((*bytes)[end + at]) << (8 * at);
    }
    const Bytes map{bytes->data(), end};
    if (sum != map_checksum(committed, prefix, map)) {
        return std::nullopt;
    }
    return prefix == bitmap_prefix ? read_bitmap(committed, map) : read_runs(committed, map);
}

}  // namespace

DecodedMap decode_offset_map(Offset committed, std::string_view metadata) {
    if (metadata.empty()) {
        return {{}, MapOrigin::none};
    }
    const std::string_view prefix = metadata.substr(0, runs_prefix.size());
    const bool believed = planted(Bug::map_version_ignored) && prefix.ends_with("r:");
    if (prefix != runs_prefix && prefix != bitmap_prefix && !believed) {
        return {{}, MapOrigin::foreign};
    }
    if (metadata.size() > offset_map_chars_max || !mappable(committed)) {
        return {{}, MapOrigin::damaged};
    }
    auto ranges = read(committed, prefix, metadata.substr(prefix.size()));
    if (!ranges) {
        return {{}, MapOrigin::damaged};
    }
    return {*std::move(ranges), MapOrigin::ours};
}

}  // namespace core
