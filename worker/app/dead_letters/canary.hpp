// The steps of a canary: one letter, 1 %, 10 %, all. Each proves itself before the next begins.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

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

}  // namespace app::dead_letters
