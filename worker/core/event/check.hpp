// Checks on single members, with the same words everywhere.
#pragma once

#include <cstddef>
#include <string>

#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"

namespace core {

enum class Presence : bool { optional, required };

[[nodiscard]] MaybeProblem check_slot(
    const Slot& slot, const std::string& pointer, Presence presence, const char* type);

// As check_slot() for a string of 1 to `bytes_max` bytes; `bytes` is its length.
[[nodiscard]] MaybeProblem check_string(
    const Slot& slot, const std::string& pointer, Presence presence, std::size_t bytes,
    std::size_t bytes_max);

}  // namespace core
