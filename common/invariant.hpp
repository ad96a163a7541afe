// Stops the process when something impossible happened. Always on, also in release builds.
//
//   INVARIANT(lane.busy, "an answer came for a lane that sent nothing");
//
// For our own bugs only. Bad input, the network and the operator get a Result, a variant or a Diagnostic.
// (Named so, not CHECK, because doctest owns that name in every test.)
#pragma once

namespace common {

// Prints file, line, the condition and the reason, then aborts. Never prints values: they may be secret.
[[noreturn]] void invariant_broken(
    const char* file, int line, const char* condition, const char* why) noexcept;

}  // namespace common

#define INVARIANT(condition, why)                                              \
    do {                                                                       \
        if (!(condition)) [[unlikely]]                                         \
            ::common::invariant_broken(__FILE__, __LINE__, #condition, (why)); \
    } while (false)
