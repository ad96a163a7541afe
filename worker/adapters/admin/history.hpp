// What the status page draws: the last minutes as points, a few seconds apart, in bounded memory.
//
// Points are taken when the loop turns, so they are farther apart while nothing happens.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/time.hpp"

namespace admin {

struct Moment {
    common::Instant at{};
    std::uint64_t settled = 0;   // events, since the process started
    std::uint64_t attempts = 0;  // requests to Apple that ended, likewise
    std::size_t in_flight = 0;
    common::Duration oldest{};  // unexecuted; 0: none
};

class History {
public:
    static constexpr common::Duration interval = std::chrono::seconds{5};
    static constexpr std::size_t moments_max = 180;  // a quarter of an hour

    [[nodiscard]] bool due(common::Instant now) const noexcept { return !next_ || now >= *next_; }
    void took(Moment moment);
    // The oldest first.
    [[nodiscard]] const std::vector<Moment>& moments() const noexcept { return moments_; }

private:
    std::vector<Moment> moments_;
    std::optional<common::Instant> next_;
};

}  // namespace admin
