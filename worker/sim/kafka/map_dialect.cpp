#include "worker/sim/kafka/map_dialect.hpp"

#include <cstddef>
#include <optional>
#include <vector>

#include "common/base64url.hpp"
#include "worker/core/settle/offset_map_format.hpp"

namespace sim {

namespace {

// A later version's runs: length before gap. All else is like ours, checksum included, so that a reader that
// does not look at the version takes the wrong records for finished.
constexpr std::string_view later_prefix = "asw2r:";

void append_varint(std::vector<std::uint8_t>& bytes, std::int64_t number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= 0x80; rest >>= 7U) {
        bytes.push_back(static_cast<std::uint8_t>(rest | 0x80U));
    }
    bytes.push_back(static_cast<std::uint8_t>(rest));
}

std::int64_t take_varint(const std::vector<std::uint8_t>& bytes, std::size_t& at) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; at < bytes.size(); shift += 7) {
        const std::uint8_t byte = bytes[at++];
        number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return static_cast<std::int64_t>(number);
}

std::string write_later(core::Offset committed, const core::OffsetRanges& ranges) {
    std::vector<std::uint8_t> bytes;
    core::Offset from = committed;
    for (const core::OffsetRange& range : ranges) {
        append_varint(bytes, range.last - range.first + 1);
        append_varint(bytes, range.first - from);
        from = range.last + 1;
    }
    const std::uint32_t sum = core::map_checksum(committed, later_prefix, bytes);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(sum >> shift));
    }
    std::string text{later_prefix};
    common::append_base64url(text, bytes);
    return text;
}

// Of what write_later() wrote: the simulated broker keeps it as it is.
core::OffsetRanges read_later(core::Offset committed, std::string_view metadata) {
    auto bytes = common::base64url_bytes(metadata.substr(later_prefix.size())).value();
    bytes.resize(bytes.size() - core::map_checksum_bytes);
    core::OffsetRanges ranges;
    core::Offset from = committed;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::int64_t length = take_varint(bytes, at);
        const core::Offset first = from + take_varint(bytes, at);
        from = first + length;
        ranges.push_back({first, first + (length - 1)});
    }
    return ranges;
}

}  // namespace

std::string as_written(MapDialect dialect, core::Offset committed, const std::string& metadata) {
    switch (dialect) {
        case MapDialect::this_version:
            return metadata;
        case MapDialect::later_version:
            return metadata.empty()
                       ? metadata
                       : write_later(committed, core::decode_offset_map(committed, metadata).ranges);
        case MapDialect::no_maps:
            break;
    }
    return {};
}

std::string as_read(MapDialect dialect, core::Offset committed, const std::string& metadata) {
    switch (dialect) {
        case MapDialect::this_version:
            return metadata;
        case MapDialect::later_version:
            if (metadata.starts_with(later_prefix)) {
                return core::encode_offset_map(committed, read_later(committed, metadata)).text;
            }
            return metadata.empty() ? metadata : "asw0" + metadata.substr(4);
        case MapDialect::no_maps:
            break;
    }
    return {};
}

}  // namespace sim
