// Whose turn it is when a record is no event. The log of the worker and the tools for dead letters both say
// what stands here.
#pragma once

#include <string_view>

#include "worker/core/event/invalid_codes.hpp"

namespace core {

inline constexpr std::string_view turn_of_emitters = "the team that emits the events";
// Of a name that the worker does not know: it is missing in the configuration, or wrong in the event.
inline constexpr std::string_view turn_of_names = "whoever runs the worker, or the emitter of a wrong name";

[[nodiscard]] constexpr std::string_view whose_turn(std::string_view invalid_code) noexcept {
    return invalid_code == invalid::unknown_app.code || invalid_code == invalid::unknown_type.code ||
                   invalid_code == invalid::unknown_client.code
               ? turn_of_names
               : turn_of_emitters;
}

}  // namespace core
