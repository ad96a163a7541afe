// One line a transition, and a hash over all of them: two runs with the same seed must give the same hash.
//
//   seconds  worker  mark  what
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "worker/sim/world/timeline.hpp"

namespace sim {

using WorkerId = std::uint32_t;  // one start of one worker; a restarted worker has a new one
inline constexpr WorkerId no_worker = 0;

inline constexpr std::string_view trace_legend =
    "seconds since the start, worker (a restart gets a new number, w0 is the world), mark, what\n"
    "  + started   x crashed or stopped   d drain requested   = drained   ! a promise is broken\n"
    "  A assigned  R revoked   L lost     F released\n"
    "  r received  > sent      < exchange ended               @ decided at Apple\n"
    "  s store     k store ended          c commit            C commit ended\n"
    "  D dead letter stored    Q replay stored    O operator\n"
    "  % capacity  K key       J journal  ~ the world changes\n"
    "positions are partition@offset.command\n";

class Trace {
public:
    using Out = std::function<void(std::string_view line)>;

    // Without `out` lines are only hashed.
    explicit Trace(const Timeline& timeline, Out out = {});

    void line(WorkerId worker, char mark, std::string_view what);

    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

private:
    const Timeline& timeline_;
    common::Instant start_;
    Out out_;
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
    std::uint64_t lines_ = 0;
};

}  // namespace sim
