// Checks on single members, with the same words everywhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"

namespace core {

// Where a member is: "/id", or item 3 of a list, or a member of that item. Kept in pieces, because the
// pointer is written only when something is wrong, and this runs for every record.
struct Where {
    std::string_view path;
    std::string_view member{};
    std::optional<std::size_t> item{};

    [[nodiscard]] std::string pointer() const;
};

enum class Presence : bool { optional, required };

[[nodiscard]] MaybeProblem check_slot(
    const Slot& slot, const Where& where, Presence presence, const char* type);

// As check_slot() for a string of 1 to `bytes_max` bytes; `bytes` is its length.
[[nodiscard]] MaybeProblem check_string(
    const Slot& slot, const Where& where, Presence presence, std::size_t bytes, std::size_t bytes_max);

}  // namespace core
