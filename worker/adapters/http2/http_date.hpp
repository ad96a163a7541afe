// Reads the Date header. Only the form every server of today sends (IMF-fixdate, RFC 9110 section 5.6.7),
// without the locale: "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <optional>
#include <string_view>

#include "common/time.hpp"

namespace adapters::http2 {

[[nodiscard]] std::optional<common::WallTime> parse_http_date(std::string_view text) noexcept;

}  // namespace adapters::http2
