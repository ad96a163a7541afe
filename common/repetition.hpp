// Holds back messages that repeat: each subject is told once a minute, with how many were held back since.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/once_a_minute.hpp"
#include "common/time.hpp"

namespace common {

// Subjects are indices below `subjects`.
template <std::size_t subjects>
class Repetition {
public:
    // When it is to be told: how many were held back since it was told last. None: hold this one back too.
    [[nodiscard]] std::optional<std::uint64_t> tell(std::size_t subject, Instant now) {
        const auto asked = lines_.at(subject).due(now);
        return asked ? std::optional{*asked - 1} : std::nullopt;
    }

private:
    std::array<OnceAMinute, subjects> lines_;
};

}  // namespace common
