// `replay` and `discard` from beginning to end: choose, ask, hold the replay group, write the audit record,
// settle letter by letter, and say what became of every one.
#pragma once

#include <optional>
#include <string>

#include "common/result.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/dead_letters/listing.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/core/letters/outcomes.hpp"
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
    bool json = false;        // the summary

    // replay
    int replays_max = 5;
    bool canary = false;  // one, 1 %, 10 %, all; stops when the same failure comes back
    common::Duration wait{
        std::chrono::minutes{1}};  // for receipts that are still missing in the end, or of a stage

    // discard
    std::string superseded_by;
};

[[nodiscard]] ExitCode replay(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode discard(const Config& config, const ErrandOptions& options);

// One audit record alone, for `show --reveal`. The error: it was not stored.
struct Audit;
[[nodiscard]] common::Result<bool> leave_audit(const Config& config, const Audit& audit);

// NAME@HOST of whoever runs the program.
[[nodiscard]] std::string operator_name();

}  // namespace app::dead_letters
