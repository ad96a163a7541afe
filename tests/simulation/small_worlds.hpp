// Every schedule of a few records, one rebalance and one or two faults, on the shipped engine: where chance
// may miss a corner, counting does not.
//
// A world is a shape (whose records lie where) and the answers to its choices, walked in the order of an
// odometer. There are two workers. What may be chosen, until everything is committed:
//   - one rebalance, after any step in which something happened, of all partitions or of some; who owns them
//     afterwards
//   - `faults_max` faults: after any such step the owner dies; a request is executed without an answer or too
//     late; the acknowledgement of a store or of a commit is lost. These leave in doubt what happened. A
//     single fault may also be of those that do not: an answer of 503 or 429, a store or a commit that fails,
//     anything that takes as long as it may
// Everything else is as calm and as fast as it can be, so these are all worlds within this distance of the
// calm one, not all orders of everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace simulation {

struct Shape {
    const char* name;
    std::size_t partitions;
    std::vector<std::size_t> accounts;  // of each record, by partition and offset
};
[[nodiscard]] const std::vector<Shape>& small_shapes();

// The answers to the choices of one world; zeros at the end may be left out.
using Path = std::vector<std::uint64_t>;
[[nodiscard]] std::string path_text(const Path& path);  // "1.0.3"
[[nodiscard]] Path path_of(const std::string& text);

struct Walk {
    std::uint64_t worlds = 0;
    std::uint64_t traces = 0;  // that differ
    std::optional<sim::Broken> broken{};
    Path path{};  // of the broken one
};
// Until the first broken promise. `starting` hears of each world before it runs, since it may abort.
[[nodiscard]] Walk walk(
    const Shape& shape, unsigned faults_max, const std::function<void(const Path&)>& starting);

[[nodiscard]] Report run_small(
    const Shape& shape, unsigned faults_max, const Path& path, sim::Trace::Out out);

}  // namespace simulation
