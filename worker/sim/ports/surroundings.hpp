// What every simulated port of one worker is given, and the fuse that makes the worker die inside one of
// them.
#pragma once

#include <optional>

#include "worker/sim/world/choices.hpp"
#include "worker/sim/world/timeline.hpp"
#include "worker/sim/world/trace.hpp"
#include "worker/sim/world/weather.hpp"

namespace sim {

class Witness;

// Thrown out of a port: the process is gone, whatever it was about to do.
struct Crash {};

// Burns one step a call into a port, so that a crash falls between any two effects.
class Fuse {
public:
    void light(std::size_t calls) noexcept { left_ = calls; }
    void burn() {
        if (left_ && (*left_)-- == 0) {
            left_.reset();
            throw Crash{};
        }
    }

private:
    std::optional<std::size_t> left_;
};

struct Surroundings {
    WorkerId worker;
    Timeline& timeline;
    Choices& choices;
    const Weather& weather;
    Witness& witness;
    Fuse& fuse;
};

}  // namespace sim
