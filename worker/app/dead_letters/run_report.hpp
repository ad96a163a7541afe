// How a run ended: what became of every letter, in words and for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "worker/core/letters/outcomes.hpp"
#include "worker/core/letters/resend.hpp"

namespace app::dead_letters {

struct RunReport {
    std::string action;
    std::uint64_t selected = 0;
    std::uint64_t settled = 0;    // by this run
    std::uint64_t elsewhere = 0;  // settled by somebody else between the plan and the run
    std::uint64_t failed = 0;     // not taken by the brokers; open
    bool uncommitted = false;     // the last commit did not pass: some of the settled are open again
    std::uint64_t full_partitions = 0;
    std::int64_t expired =
        0;  // offsets that retention took before anybody settled them; the commit hides them
    std::string digest;
    std::map<core::Unsendable, std::uint64_t> refused;
    bool with_receipts = false;
    core::Outcomes::Tally tally;        // with receipts
    std::string example_waiting;        // with receipts
    std::vector<std::string> troubles;  // why it stopped early, and what else went wrong
};

// "rejected 400", "invalid not_json once, rejected 400 2 times": as what letters came back.
[[nodiscard]] std::string kinds_of(const core::Outcomes::Tally& tally);
// Receipts may say that letters are discarded that stay open.
[[nodiscard]] bool receipts_run_ahead(const RunReport& report);
// All that was selected is settled and, as far as receipts tell, executed.
[[nodiscard]] bool is_complete(const RunReport& report);
// "500 of 500 sent: 412 executed, 31 already so, 2 came back (rejected 400), 55 not executed yet"
[[nodiscard]] std::string words_of(const RunReport& report);
[[nodiscard]] std::string json_of(const RunReport& report);

}  // namespace app::dead_letters
