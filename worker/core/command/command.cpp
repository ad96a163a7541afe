#include "worker/core/command/command.hpp"

#include <algorithm>
#include <utility>

#include "worker/core/planted.hpp"

namespace core {

// The decoder has already refused replacements where the event's type forbids them, so the token alone
// decides.
std::vector<Command> commands_for(Event event) {
    std::vector<Command> commands;
    commands.reserve(event.sign_in_tokens.size() + event.sessions.size() + (event.notification ? 1U : 0U));
    if (event.notification) {
        Command& command = commands.emplace_back();
        command.action = Action::key_set;
        command.credential = event.notification->keyless;
        command.value = std::move(event.notification->payload);
    }
    for (SignInToken& token : event.sign_in_tokens) {
        Command& command = commands.emplace_back();
        command.credential = credential_of(event.app);
        command.value = std::move(token.value);
        if (token.replacement) {
            command.action = Action::update;
            command.replacement = *std::move(token.replacement);
        }
    }
    for (Session& session : event.sessions) {
        Command& command = commands.emplace_back();
        command.action = event.type == EventType::session_check ? Action::check : Action::revoke;
        command.credential = session.client;
        command.value = std::move(session.token);
        command.session_token = session.kind;
    }
    if (planted(Bug::commands_reversed)) {
        std::reverse(commands.begin(), commands.end());
    }
    return commands;
}

}  // namespace core
