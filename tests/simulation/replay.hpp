// One world at a time, for reading: its trace, its choices, its smallest sibling, and where two builds part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/crew.hpp"
#include "tests/simulation/world.hpp"

namespace simulation {

// Where a world comes from.
struct Origin {
    std::optional<std::uint64_t> seed{};
    std::string bytes{};  // without a seed

    [[nodiscard]] sim::Choices choices() const;
    // "--seed 7": how the command line names it.
    [[nodiscard]] std::string option() const;
};

struct Shown {
    bool trace = false;  // a line a transition
    bool draws = false;  // and a line a choice
};

// Runs the world and says each line of it to `out`, a summary last.
Report replay(const Origin& origin, Shown shown, const sim::Trace::Out& out);

// Shrinks a failing world and prints what is left of it. Each try runs in a process of its own, since it may
// die. Returns the exit status: 1 when the world fails, as ever.
[[nodiscard]] int print_shrunk(const Origin& origin);

// A line a seed: the seed, the hash of its trace, how many choices it made.
void print_hashes(const Order& order);
// Compares these lines with those of another build of this program. A divergence is shown at the first choice
// or transition that differs. Returns the exit status.
[[nodiscard]] int agree(const std::string& other, const Order& order);

}  // namespace simulation
