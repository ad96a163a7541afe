// What to do about a dead letter, by why it failed. For people; from the table of Apple's answers (DESIGN
// section 5) and the decoder's codes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "worker/core/settle/letter.hpp"

namespace core {

struct Advice {
    std::string_view whose;  // turn it is: "the team that emits the events", "whoever runs the worker", ...
    std::string text;
};

[[nodiscard]] Advice advice_for(std::optional<DeadLetterReason> reason, std::string_view error_code);

}  // namespace core
