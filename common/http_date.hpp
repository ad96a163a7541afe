// Dates in HTTP headers. Only the form every server of today sends (IMF-fixdate, RFC 9110 section 5.6.7):
// "Sun, 06 Nov 1994 08:49:37 GMT". Written out, because strptime depends on the locale.
#pragma once

#include <optional>
#include <string_view>

#include "common/time.hpp"

namespace common {

// None before 1970. A leap second (:60) is the start of the next minute; the name of the day must be one, but
// not the right one.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text) noexcept;

}  // namespace common
