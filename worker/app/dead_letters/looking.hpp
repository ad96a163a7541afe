// `list`, `watch` and `show` from beginning to end: they look, and change nothing.
#pragma once

#include <string>

#include "common/time.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/exit_code.hpp"

namespace app::dead_letters {

[[nodiscard]] ExitCode list(
    const Config& config, const ListOptions& options, Format format, bool fail_when_open);

// The list, again and again, until a signal ends the process. Every look reads all open letters anew: what
// was settled in between shows nowhere else.
[[nodiscard]] ExitCode watch(const Config& config, const ListOptions& options, common::Duration interval);

struct ShowOptions {
    std::string position;  // TOPIC/PARTITION/OFFSET
    bool reveal = false;   // token values too: on a terminal, on the record
    std::string by;
    std::string why;
    Format format = Format::table;
};
[[nodiscard]] ExitCode show(const Config& config, const ShowOptions& options);

}  // namespace app::dead_letters
