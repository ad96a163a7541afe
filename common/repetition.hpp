// Holds back messages that repeat: each subject is told once a minute, with how many were held back since.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/time.hpp"

namespace common {

// Subjects are indices below `subjects`.
template <std::size_t subjects>
class Repetition {
public:
    // When it is to be told: how many were held back since it was told last. None: hold this one back too.
    [[nodiscard]] std::optional<std::uint64_t> tell(std::size_t subject, Instant now) {
        if (now < quiet_until_.at(subject)) {
            ++held_back_.at(subject);
            return std::nullopt;
        }
        quiet_until_.at(subject) = now + std::chrono::minutes{1};
        return std::exchange(held_back_.at(subject), 0);
    }

private:
    std::array<Instant, subjects> quiet_until_{};
    std::array<std::uint64_t, subjects> held_back_{};
};

}  // namespace common
