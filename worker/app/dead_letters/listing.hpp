// What `dead-letters list` and `watch` found.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/core/letters/selection.hpp"
#include "worker/core/letters/signature.hpp"

namespace app::dead_letters {

struct Listing {
    core::Groups groups;
    std::uint64_t letters = 0;       // selected
    std::uint64_t open = 0;          // of these, not settled
    std::uint64_t looked_at = 0;     // letters, selected or not
    std::uint64_t not_letters = 0;   // records that are no dead letters of ours
    std::string not_letter_example;  // the first of them, and why
    std::int64_t expired = 0;        // offsets that retention took before anybody settled them
    struct Each {
        core::Letter letter;
        bool settled = false;
    };
    std::vector<Each> each;                   // filled on request, with the first each_max
    std::vector<std::string> doubts;          // about the filter: names that nobody knows
    std::vector<std::string> missing_topics;  // named by the configuration, unknown to the brokers
};

// So many entries are kept and shown; a filter finds the others.
inline constexpr std::size_t each_max = 10'000;

struct ListOptions {
    core::Selection selection;
    bool settled_too = false;
    bool each = false;
};

// Reads the whole shelf. `progress` is told how many of how many offsets were looked at.
using Progress = std::function<void(std::uint64_t looked_at, std::uint64_t of)>;
[[nodiscard]] common::Result<Listing> look(
    Shelf& shelf, const ListOptions& options, const Progress& progress);

}  // namespace app::dead_letters
