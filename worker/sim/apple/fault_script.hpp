// Finds the fault that strikes a call, for every simulated service of Apple's: the scripts of all of them are
// lists of Fault, and what a fault does to the wire is the same everywhere.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/sim/apple/answer.hpp"
#include "worker/sim/apple/fault.hpp"

namespace sim {

// What a fault's scope is compared with. What could not be read is empty.
struct FaultTarget {
    Environment environment = Environment::production;
    std::string_view app{};  // bundle id, or client id
    std::optional<core::Action> action{};
    std::string_view path{};
    std::string_view value{};
};

class FaultScript {
public:
    explicit FaultScript(Choose choose) : choose_{std::move(choose)} {}

    void replace(std::vector<Fault> faults);
    void add(Fault fault) { faults_.push_back(std::move(fault)); }

    // Null: none. Valid until the script changes. Draws when the fault has a probability, and counts strikes.
    [[nodiscard]] const Fault* struck(FaultKind kind, const FaultTarget& target, common::Instant now);

    // The call never reaches the application; sets answer.wire.
    [[nodiscard]] const Fault* lost_on_the_way(
        const FaultTarget& target, common::Instant now, Answer& answer);
    // What happens to a decided answer: sets answer.wire and answer.delay. Returns the first that struck.
    [[nodiscard]] const Fault* injured(const FaultTarget& target, common::Instant now, Answer& answer);

private:
    Choose choose_;
    std::vector<Fault> faults_;
    std::map<std::pair<std::size_t, std::string>, unsigned> strikes_;  // by fault and value
};

// Apple's clock under a clock_offset.
[[nodiscard]] common::WallTime shifted(common::WallTime time, common::Duration by);

// Answers 429. Returns what its Retry-After asks for; Instant::min(): nothing usable.
[[nodiscard]] common::Instant answer_throttled(
    Answer& answer, const Fault& fault, common::Instant now, common::WallTime clock);

}  // namespace sim
