// Lets a repeated log line through once a minute and counts what it held back, so that a flood of the same
// trouble stays readable and its size is not lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/time.hpp"

namespace common {

class OnceAMinute {
public:
    // How many times this was asked since the last line, this time included, when a line is due now.
    [[nodiscard]] std::optional<std::uint64_t> due(Instant now) noexcept {
        ++held_back_;
        if (said_ && now - *said_ < std::chrono::minutes{1}) {
            return std::nullopt;
        }
        said_ = now;
        return std::exchange(held_back_, 0);
    }

private:
    std::optional<Instant> said_;
    std::uint64_t held_back_ = 0;
};

}  // namespace common
