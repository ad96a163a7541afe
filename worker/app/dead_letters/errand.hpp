// `replay` and `discard` from beginning to end: choose, ask, hold the replay group, write the audit record,
// settle letter by letter, and say what became of every one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/time.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/core/letters/selection.hpp"

namespace app::dead_letters {

struct ErrandOptions {
    core::Selection selection;
    std::string by;
    std::string why;
    bool dry_run = false;
    bool yes = false;         // ask nobody
    std::uint64_t limit = 0;  // letters; 0: all
    double rate = 0;          // letters a second; 0: as fast as it goes
    bool json = false;        // what is written to standard output

    // replay
    int replays_max = 5;
    bool canary = false;  // one, 1 %, 10 %, all; stops when any comes back
    // Without news, for receipts that are missing in the end, or of a stage.
    common::Duration wait{std::chrono::minutes{1}};

    // discard
    std::string superseded_by;
};

[[nodiscard]] ExitCode replay(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode discard(const Config& config, const ErrandOptions& options);

}  // namespace app::dead_letters
