// How a listing looks: for people, for programs, for spreadsheets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "worker/app/dead_letters/listing.hpp"

namespace app::dead_letters {

enum class Format : unsigned char { table, json, csv };

// `now` for ages.
[[nodiscard]] std::string rendered(
    const Listing& listing, const ListOptions& options, Format format, common::WallTime now);

[[nodiscard]] std::string list_table(
    const Listing& listing, const ListOptions& options, common::WallTime now);
// The table in pieces, for a screen that may be too small for all of them.
struct TableParts {
    std::string head;  // how many, and what must be known first
    struct Entry {
        std::string text;
        std::uint64_t letters = 0;
    };
    std::vector<Entry> entries;  // a group or, with --each, a letter
};
[[nodiscard]] TableParts table_parts(
    const Listing& listing, const ListOptions& options, common::WallTime now);
[[nodiscard]] std::string list_json(const Listing& listing, const ListOptions& options, common::WallTime now);
[[nodiscard]] std::string list_csv(const Listing& listing, const ListOptions& options);

// An object of --each, as text.
[[nodiscard]] std::string json_of_one(const Listing::Each& each);

}  // namespace app::dead_letters
