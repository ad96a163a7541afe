// What `explain` finds out about one event. Holds no token value: bodies are masked when they are made, and
// no sentence quotes the payload.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/event/event.hpp"

namespace app::explain {

struct Problem {
    std::string_view code;  // one of core::invalid_codes
    std::string pointer;    // RFC 6901, into the structured form; empty: the record as a whole
    std::string sentence;

    friend bool operator==(const Problem&, const Problem&) = default;
};

struct PlannedRequest {
    std::string base_url;  // empty: not known without a configuration
    std::string method;
    std::string path;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  // masked; empty: there is none
};

struct PlannedCommand {
    core::Action action = core::Action::erase;
    std::string pointer{};      // to what it is about, below /data
    bool ended_before = false;  // a replayed dead letter names the commands that are still owed; not this one
    PlannedRequest request{};
};

struct Explanation {
    // Empty: the event is valid. The first is the worker's own verdict: its code is the dead letter's.
    std::vector<Problem> problems{};
    core::Envelope envelope{};  // as far as it could be read
    std::optional<std::string> key{};
    std::string app{};  // of a valid event
    std::vector<PlannedCommand> commands{};
    std::optional<common::Duration> time_to_execute{};  // of the type; none without a configuration
    std::optional<common::WallTime> deadline{};
    std::vector<std::string> now{};    // where the record stands, when a worker was asked; sentences
    std::vector<std::string> notes{};  // what else is worth knowing; sentences
};

}  // namespace app::explain
