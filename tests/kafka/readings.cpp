#include "tests/kafka/readings.hpp"

#include <algorithm>

namespace lane {

void Readings::received(const DemandedCommand& command, bool may_start_over) {
    Fewest after;
    for (const auto& [reading, repeated] : readings_) {
        if (reading.turn < commands_.size() && commands_[reading.turn] == command) {
            keep(after, {reading.turn + 1, reading.started_over}, repeated);
        }
        if (!may_start_over || reading.started_over) {
            continue;
        }
        for (std::size_t at = 0; at < reading.turn; ++at) {
            if (commands_[at] == command) {
                keep(after, {at + 1, true}, repeated + reading.turn - at);
            }
        }
    }
    readings_ = std::move(after);
}

std::optional<std::size_t> Readings::repeated_when_complete() const {
    std::optional<std::size_t> fewest;
    for (const auto& [reading, repeated] : readings_) {
        if (reading.turn == commands_.size()) {
            fewest = std::min(fewest.value_or(repeated), repeated);
        }
    }
    return fewest;
}

void Readings::keep(Fewest& readings, Reading reading, std::size_t repeated) {
    const auto [at, added] = readings.try_emplace(reading, repeated);
    at->second = std::min(at->second, repeated);
}

}  // namespace lane
