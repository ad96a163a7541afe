// A history that reaches the source topic as fast as it is worked off, so that workers are under load for as
// long as a check wants.
#pragma once

#include <cstddef>

#include "tests/kafka/scene.hpp"

namespace lane {

class Load {
public:
    // Both outlive it.
    Load(Scene& scene, History& history) : scene_{scene}, history_{history} {}

    // Sends more events, in steps, until they demand `ahead` commands more than Apple has received. Call it
    // often.
    void feed(std::size_t ahead);
    // No more: what was not sent has never happened. Returns the number of events.
    std::size_t end();

private:
    Scene& scene_;
    History& history_;
    std::size_t events_ = 0;  // sent
    std::size_t commands_ = 0;
};

}  // namespace lane
