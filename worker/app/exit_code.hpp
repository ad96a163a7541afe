// How the process ends, for the scripts and supervisors that started it. Part of the interface: never
// renumber.
#pragma once

#include <array>
#include <string_view>

namespace app {

enum class ExitCode : int {
    ok = 0,
    unexpected = 1,
    usage = 2,
    bad_configuration = 3,
    kafka_fatal = 4,
    drained_late = 5,
    stopped_at_once = 6,
    cannot_start = 7,
    invalid_event = 8,
    not_fit = 9,
    held = 10,
    unfinished = 11,
    letters_open = 12,
    refused_by_apple = 13,
    not_verified = 14,
    // What a shell says of a process that a signal ended; ours never leaves with them itself.
    interrupted = 130,
    terminated = 143,
};

struct ExitMeaning {
    ExitCode code;
    std::string_view meaning;
};

inline constexpr std::array exit_meanings{
    ExitMeaning{ExitCode::ok, "done; after SIGTERM: drained, committed, left the group"},
    ExitMeaning{ExitCode::unexpected, "something that should never happen; the message says what"},
    ExitMeaning{ExitCode::usage, "wrong command line"},
    ExitMeaning{ExitCode::bad_configuration, "wrong configuration; all problems are listed"},
    ExitMeaning{
        ExitCode::kafka_fatal, "Kafka refused this process for good, for example fenced by another instance"},
    ExitMeaning{
        ExitCode::drained_late,
        "drain_timeout passed with work under way, or Kafka took no last commit or farewell; what was not "
        "committed is "
        "repeated by its next owner"},
    ExitMeaning{
        ExitCode::stopped_at_once, "a second signal; what was under way is repeated by its next owner"},
    ExitMeaning{
        ExitCode::cannot_start, "the configuration is fine, but something it names cannot be had now"},
    ExitMeaning{ExitCode::invalid_event, "explain: the event is invalid; every problem is listed"},
    ExitMeaning{ExitCode::not_fit, "doctor: a check failed; each is listed with its remedy"},
    ExitMeaning{ExitCode::held, "dead-letters: somebody else is replaying or discarding; nothing was done"},
    ExitMeaning{
        ExitCode::unfinished,
        "dead-letters: not all that was selected is settled and executed; the summary says what is not"},
    ExitMeaning{ExitCode::letters_open, "dead-letters list --fail-when-open: there are open dead letters"},
    ExitMeaning{
        ExitCode::refused_by_apple, "sign-in-with-apple: Apple refused; the likely causes are listed"},
    ExitMeaning{
        ExitCode::not_verified,
        "sign-in-with-apple verify: the token or notification is not to be trusted; the check that failed is "
        "named"},
    ExitMeaning{
        ExitCode::interrupted,
        "ended by Ctrl-C, as shells count: `dead-letters list`, `watch` and `show`, and `replay` or "
        "`discard` "
        "before anything was done"},
    ExitMeaning{ExitCode::terminated, "the same, ended by SIGTERM"},
};

}  // namespace app
