// What Apple must be told about one token. One event maps to 0..n commands, run in the order given.
#pragma once

#include <vector>

#include "common/secret.hpp"
#include "worker/core/command/api.hpp"
#include "worker/core/event/event.hpp"

namespace core {

struct Command {
    Action action = Action::erase;
    common::Secret value;        // what is stored at Apple; key_set: the notification to verify with it
    common::Secret replacement;  // update only
    CredentialId credential{};   // with which it is asked
    SessionToken session_token = SessionToken::refresh;  // revoke only

    friend bool operator==(const Command&, const Command&) = default;
};

// DESIGN section 4: sign-in tokens before sessions; a notification's key set first, since its Deletes wait
// for it. The same event has the same commands at the same places, whatever is known when it is read: dead
// letters name them by their place. Empty: nothing to do.
[[nodiscard]] std::vector<Command> commands_for(Event event);

}  // namespace core
