// Words and times as the dead-letter tools write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/time.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::dead_letters {

// "3 min", "2 h 5 min", "4 d 3 h".
[[nodiscard]] std::string age_text(common::Duration age);
// "once", "2 times".
[[nodiscard]] std::string times_text(int times);
// The line that shouts about letters that retention took before anybody settled them.
[[nodiscard]] std::string expired_text(std::int64_t expired);
// RFC 3339.
[[nodiscard]] std::string time_text(common::WallTime time);
// TOPIC/PARTITION/OFFSET.
[[nodiscard]] std::string place_text(const core::Position& place);
// Texts from outside, without anything that a terminal would obey; line ends and backslashes stay in the
// second.
[[nodiscard]] std::string plain(std::string_view text);
[[nodiscard]] std::string plain_lines(std::string_view text);

}  // namespace app::dead_letters
