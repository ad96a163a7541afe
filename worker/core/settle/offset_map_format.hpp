// What the writer and the reader of offset maps must agree on.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "worker/core/settle/offset_map.hpp"

namespace core {

inline constexpr std::string_view runs_prefix = "asw1r:";
inline constexpr std::string_view bitmap_prefix = "asw1b:";
static_assert(runs_prefix.size() == bitmap_prefix.size());
inline constexpr std::size_t map_checksum_bytes = 4;

// FNV-1a over the committed offset, the kind of map and its bytes. It finds every single changed byte, and a
// map that was carried to another offset.
[[nodiscard]] inline std::uint32_t map_checksum(
    Offset committed, std::string_view prefix, std::span<const std::uint8_t> bytes) noexcept {
    std::uint32_t sum = 2166136261U;
    const auto add = [&sum](std::uint8_t byte) { sum = (sum ^ byte) * 16777619U; };
    for (unsigned shift = 0; shift < 64; shift += 8) {
        add(static_cast<std::uint8_t>(static_cast<std::uint64_t>(committed.value) >> shift));
    }
    for (const char letter : prefix) {
        add(static_cast<std::uint8_t>(letter));
    }
    for (const std::uint8_t byte : bytes) {
        add(byte);
    }
    return sum;
}

// Kafka has no other offsets; so no sum of an offset and a span overflows.
[[nodiscard]] inline bool mappable(Offset committed) noexcept {
    return committed.value >= 0 &&
           committed.value <= std::numeric_limits<std::int64_t>::max() - offset_map_span_max;
}

}  // namespace core
