// Seeded random numbers (splitmix64, Vigna 2015): the same seed gives the same run, on every compiler.
// For jitter and simulation; never for keys.
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace common {

class Prng {
public:
    explicit Prng(std::uint64_t seed) noexcept : state_{seed} {}

    std::uint64_t bits() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    // Uniform in [0, bound); 0 when bound is 0. The bias is below 2^-32 for the bounds used here.
    std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : bits() % bound; }

    // Uniform in [0, longest].
    Duration up_to(Duration longest) noexcept {
        return Duration{static_cast<Duration::rep>(below(static_cast<std::uint64_t>(longest.count()) + 1))};
    }

    bool chance(double probability) noexcept {
        return static_cast<double>(bits() >> 11U) * 0x1.0p-53 < probability;
    }

private:
    std::uint64_t state_;
};

}  // namespace common
