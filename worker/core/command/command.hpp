// What Apple must be told about one token. One event maps to 0..n commands, run in the order given.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/secret.hpp"
#include "worker/core/event/event.hpp"

namespace core {

enum class Action : std::uint8_t { update, erase };
inline constexpr std::array actions{Action::update, Action::erase};

// "update" or "delete", as Apple names the calls.
[[nodiscard]] std::string_view action_name(Action action) noexcept;

struct Command {
    Action action = Action::erase;
    common::Secret value;        // the value stored at Apple
    common::Secret replacement;  // update only

    friend bool operator==(const Command&, const Command&) = default;
};

// DESIGN section 4. Empty: nothing to do.
[[nodiscard]] std::vector<Command> commands_for(Event event);

}  // namespace core
