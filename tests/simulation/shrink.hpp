// Makes the bytes of a failing world smaller for as long as it fails: delta debugging on the string that all
// its choices come from (worker/sim/world/choices.hpp), where shorter and lower always means less happens.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/simulation/world.hpp"

namespace simulation {

struct Shrunk {
    std::string bytes;
    std::size_t tried = 0;
};

// Every accepted string is shorter than the one before, or as long and lower, so this ends. `fails` must hold
// for `bytes`; it is asked `tries_max` times at most.
[[nodiscard]] Shrunk shrink(
    std::string bytes, const std::function<bool(const std::string& bytes)>& fails, std::size_t tries_max);

// How a run ended, as a word to compare: a promise's name, "died of signal 6", or "kept all promises".
[[nodiscard]] std::string ending_of(const Report& report);
// The same in a process of its own, which may die.
[[nodiscard]] std::string ending_apart(const std::function<Report()>& run);

}  // namespace simulation
