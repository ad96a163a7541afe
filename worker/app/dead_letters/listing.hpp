// What `dead-letters list` and `watch` found, and how it looks: for people, for programs, for spreadsheets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/core/letters/selection.hpp"
#include "worker/core/letters/signature.hpp"

namespace app::dead_letters {

struct Listing {
    core::Groups groups;
    std::uint64_t letters = 0;       // selected
    std::uint64_t not_letters = 0;   // records that are no dead letters of ours
    std::string not_letter_example;  // the first of them, and why
    std::int64_t expired = 0;        // offsets that retention took before anybody settled them
    struct Each {
        core::Letter letter;
        bool settled = false;
    };
    std::vector<Each> each;                   // filled on request
    std::vector<std::string> missing_topics;  // named by the configuration, unknown to the brokers
};

struct ListOptions {
    core::Selection selection;
    bool settled_too = false;
    bool each = false;
};

// Reads the whole shelf. `progress` is told how many of how many offsets were looked at.
using Progress = std::function<void(std::uint64_t looked_at, std::uint64_t of)>;
[[nodiscard]] common::Result<Listing> look(
    Shelf& shelf, const ListOptions& options, const Progress& progress);

enum class Format : unsigned char { table, json, csv };

// `now` for ages.
[[nodiscard]] std::string rendered(
    const Listing& listing, const ListOptions& options, Format format, common::WallTime now);

// "3 min", "2 h 5 min", "4 d 3 h".
[[nodiscard]] std::string age_text(common::Duration age);
// "once", "2 times".
[[nodiscard]] std::string times_text(int times);
// The line that shouts about letters that retention took before anybody settled them.
[[nodiscard]] std::string expired_text(std::int64_t expired);
// RFC 3339.
[[nodiscard]] std::string time_text(common::WallTime time);
// Texts from outside, without anything that a terminal would obey; line ends and backslashes stay in the
// second.
[[nodiscard]] std::string plain(std::string_view text);
[[nodiscard]] std::string plain_lines(std::string_view text);
// An object of --each, as text.
[[nodiscard]] std::string json_of_one(const Listing::Each& each);

}  // namespace app::dead_letters
