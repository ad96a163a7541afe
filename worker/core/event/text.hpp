// The small formats inside an event's strings.
#pragma once

#include <optional>
#include <string_view>

#include "common/time.hpp"

namespace core {

// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_ignoring_case(std::string_view left, std::string_view right) noexcept;

// RFC 3339 date and time with an offset, at most 64 characters, for example 2026-11-20T09:15:00.25+01:00.
// Milliseconds are kept, finer digits are cut off. A leap second (:60) is the start of the next minute.
[[nodiscard]] std::optional<common::WallTime> parse_rfc3339(std::string_view text) noexcept;

// W3C trace context, version 00 or one with the same fields: 00-<32 hex>-<16 hex>-<2 hex>, lower case,
// neither id zero.
[[nodiscard]] bool is_traceparent(std::string_view text) noexcept;

// application/json, text/json or anything with a +json suffix; parameters are ignored.
[[nodiscard]] bool is_json_media_type(std::string_view content_type) noexcept;

// The media type without parameters and spaces.
[[nodiscard]] std::string_view media_type(std::string_view content_type) noexcept;

}  // namespace core
