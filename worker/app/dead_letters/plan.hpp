// What a run is going to do, worked out before anybody is asked and before anything is done. The run then
// takes exactly these letters, less those that somebody else settles in between.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/errand.hpp"
#include "worker/app/dead_letters/listing.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/core/letters/resend.hpp"
#include "worker/core/letters/signature.hpp"

namespace app::dead_letters {

// What replaying and discarding do differently.
struct Errand {
    std::string action;
    std::function<std::optional<core::Unsendable>(const core::Letter&)> refuses;
    std::function<std::vector<core::OutgoingRecord>(const core::Letter&, const core::Record&)> records;
};

struct Plan {
    std::uint64_t letters = 0;
    Digest digest;
    core::Groups groups;
    std::map<core::Unsendable, std::uint64_t> refused;
    std::map<core::TopicPartition, core::Offset> last;  // chosen letter of each partition
    std::vector<std::string> doubts;                    // about the filter: names that nobody knows
    std::int64_t expired = 0;  // offsets that retention took before anybody settled them
};

[[nodiscard]] common::Result<Plan> make_plan(
    Shelf& shelf, const ErrandOptions& options, const Errand& errand, const Progress& progress);

// Whether the plan has this letter, which was open then.
[[nodiscard]] bool is_planned(
    const Plan& plan, const ErrandOptions& options, const Errand& errand, const core::Letter& letter);

// What is chosen and what is refused, for people.
[[nodiscard]] std::string text_of(const Plan& plan, const ErrandOptions& options, const Errand& errand);
// The same for programs.
[[nodiscard]] std::string json_of(const Plan& plan, const ErrandOptions& options, const Errand& errand);

}  // namespace app::dead_letters
