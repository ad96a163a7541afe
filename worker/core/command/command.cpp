#include "worker/core/command/command.hpp"

#include <algorithm>
#include <utility>

#include "common/invariant.hpp"
#include "worker/core/planted.hpp"

namespace core {

std::string_view action_name(Action action) noexcept {
    switch (action) {
        case Action::update:
            return "update";
        case Action::erase:
            return "delete";
    }
    common::invariant_broken(__FILE__, __LINE__, "action", "an action that does not exist");
}

// The decoder has already refused replacements where the event's type forbids them, so the token alone
// decides.
std::vector<Command> commands_for(Event event) {
    std::vector<Command> commands;
    commands.reserve(event.sign_in_tokens.size());
    for (SignInToken& token : event.sign_in_tokens) {
        Command& command = commands.emplace_back();
        command.value = std::move(token.value);
        if (token.replacement) {
            command.action = Action::update;
            command.replacement = *std::move(token.replacement);
        }
    }
    if (planted(Bug::commands_reversed)) {
        std::reverse(commands.begin(), commands.end());
    }
    return commands;
}

}  // namespace core
