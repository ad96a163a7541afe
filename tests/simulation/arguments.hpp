// The options of simulate, which tests/run passes on: tests/simulation/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/crew.hpp"

namespace simulation {

inline constexpr const char* usage =
    "simulate [--seeds N] [--from S] [--jobs J]        seeds S .. S+N-1\n"
    "simulate --forever [--from S] [--jobs J]          until the first failure or Ctrl-C\n"
    "simulate --seed X | --bytes HEX | --bytes @FILE   one world\n"
    "         [--trace] [--draws]                      a line a transition; and one a choice\n"
    "         [--shrink]                               the smallest world that fails alike\n"
    "simulate --agree-with SIMULATE [--seeds N] [--from S]\n"
    "         another build's traces must be the same\n"
    "simulate --hashes [--seeds N] [--from S]          what --agree-with compares\n";

struct Arguments {
    Order order{.seeds = 2000};
    std::optional<std::uint64_t> seed{};
    std::optional<std::string> bytes{};
    bool trace = false;
    bool draws = false;
    bool shrink = false;
    bool hashes = false;
    std::optional<std::string> agree_with{};
};

// None when they are wrong.
[[nodiscard]] std::optional<Arguments> parse(int argc, char** argv);

[[nodiscard]] std::string to_hex(const std::string& bytes);

}  // namespace simulation
