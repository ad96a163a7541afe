#include "worker/core/event/check.hpp"

#include <fmt/format.h>

namespace core {

MaybeProblem check_slot(const Slot& slot, const std::string& pointer, Presence presence, const char* type) {
    if (slot.repeated) {
        return Problem{invalid::duplicate_member, pointer, fmt::format("{} is given twice", pointer)};
    }
    if (slot.found == Found::absent) {
        if (presence == Presence::optional) {
            return std::nullopt;
        }
        return Problem{invalid::missing_member, pointer, fmt::format("{} is missing", pointer)};
    }
    if (slot.found != Found::right) {
        return Problem{invalid::wrong_type, pointer, fmt::format("{} is not {}", pointer, type)};
    }
    return std::nullopt;
}

MaybeProblem check_string(
    const Slot& slot, const std::string& pointer, Presence presence, std::size_t bytes,
    std::size_t bytes_max) {
    if (auto problem = check_slot(slot, pointer, presence, "a string")) {
        return problem;
    }
    if (slot.found == Found::right && bytes == 0) {
        return Problem{invalid::empty_string, pointer, fmt::format("{} is an empty string", pointer)};
    }
    if (bytes > bytes_max) {
        return Problem{
            invalid::too_long, pointer, fmt::format("{} has more than {} bytes", pointer, bytes_max)};
    }
    return std::nullopt;
}

}  // namespace core
