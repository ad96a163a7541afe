#include "worker/core/event/check.hpp"

#include <fmt/format.h>

namespace core {

std::string Where::pointer() const {
    std::string text{path};
    if (item) {
        text += fmt::format("/{}", *item);
    }
    if (!member.empty()) {
        text += fmt::format("/{}", member);
    }
    return text;
}

MaybeProblem check_slot(const Slot& slot, const Where& where, Presence presence, const char* type) {
    if (!slot.repeated && slot.found == Found::right) {
        return std::nullopt;
    }
    const std::string pointer = where.pointer();
    if (slot.repeated) {
        return Problem{invalid::duplicate_member, pointer, fmt::format("{} is given twice", pointer)};
    }
    if (slot.found == Found::absent) {
        if (presence == Presence::optional) {
            return std::nullopt;
        }
        return Problem{invalid::missing_member, pointer, fmt::format("{} is missing", pointer)};
    }
    return Problem{invalid::wrong_type, pointer, fmt::format("{} is not {}", pointer, type)};
}

MaybeProblem check_string(
    const Slot& slot, const Where& where, Presence presence, std::size_t bytes, std::size_t bytes_max) {
    if (auto problem = check_slot(slot, where, presence, "a string")) {
        return problem;
    }
    if (slot.found != Found::right || (bytes > 0 && bytes <= bytes_max)) {
        return std::nullopt;
    }
    const std::string pointer = where.pointer();
    if (bytes == 0) {
        return Problem{invalid::empty_string, pointer, fmt::format("{} is an empty string", pointer)};
    }
    return Problem{invalid::too_long, pointer, fmt::format("{} has more than {} bytes", pointer, bytes_max)};
}

}  // namespace core
