// One log line as text.
//
//   json
//   {"time":"2027-01-15T08:00:00.000Z","level":"warning","event":"gate_closed","message":"…","fields":{"app":"tv"}}
//   text   2027-01-15T08:00:00.000Z warning gate_closed: … [app=tv]
#pragma once

#include <cstddef>
#include <string>

#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"

namespace log_lines {

enum class Format : std::uint8_t { json, text };

// With its line end. A pipe takes so many bytes whole or not at all (PIPE_BUF), which is what keeps lines of
// several writers apart and a write from blocking half-way.
inline constexpr std::size_t line_bytes_max = 4096;

// `coloured` concerns text only. Values are escaped; what is too long is cut, so that a line is at most
// line_bytes_max and, as JSON, still whole.
[[nodiscard]] std::string render(const core::Say& line, common::WallTime time, Format format, bool coloured);

[[nodiscard]] std::string_view severity_name(core::Severity severity) noexcept;

}  // namespace log_lines
