// The steps of a canary: one letter, 1 %, 10 %, all. Each proves itself before the next begins: every letter
// of it is executed, as its receipts say.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "worker/core/letters/outcomes.hpp"

namespace app::dead_letters {

// How many letters are sent when this stage (from 0) ends; none: the stage is all the rest. Each stage is
// larger than the one before, also of few letters.
[[nodiscard]] inline std::optional<std::uint64_t> stage_end(std::size_t stage, std::uint64_t letters) {
    constexpr std::array<std::uint64_t, 3> one_in{0, 100, 10};
    if (stage >= one_in.size()) {
        return std::nullopt;
    }
    const std::uint64_t share = one_in[stage] == 0 ? 1 : (letters + one_in[stage] - 1) / one_in[stage];
    return std::max<std::uint64_t>(share, stage + 1);
}

struct Stage {
    std::uint64_t taken = 0;      // letters, since the run began
    std::uint64_t failed = 0;     // of these, not taken by the brokers
    std::string last_error;       // of theirs
    std::string example_waiting;  // of those without their last receipt
};
// Why the next stage does not begin, for people; none: all went well.
[[nodiscard]] std::optional<std::string> problem_of(const core::Outcomes::Tally& tally, const Stage& stage);

}  // namespace app::dead_letters
