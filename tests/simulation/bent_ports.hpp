// Ports with something wrong in them: pass-through, except where a hook bends what goes by. For planting bugs
// that the referee must find.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/world.hpp"

namespace simulation {

// Every hook may be empty. Inputs are what one collect() of the genuine port gave.
struct Bend {
    std::function<void(std::vector<core::Input>&)> source_inputs{};
    std::function<void(std::vector<core::PartitionCommit>&)> commit{};
    bool ignores_pause = false;
    // Stores for which this says true are acknowledged and never stored.
    std::function<bool(const core::Store&)> swallows{};
    std::function<void(std::vector<core::Input>&)> transport_inputs{};
    std::function<void(core::Say&)> say{};
    bool ignores_drain = false;
};

// A fresh Bend for each worker that starts, since hooks may remember.
[[nodiscard]] Plant bent(std::function<Bend()> make);

}  // namespace simulation
