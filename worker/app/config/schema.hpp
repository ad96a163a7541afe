// The table of keys as a tree, so that a document can be walked beside it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "worker/app/config/key.hpp"

namespace app {

enum class Shape : unsigned char { section, list, map, leaf };

struct Schema {
    Shape shape = Shape::section;
    std::map<std::string, Schema, std::less<>> children{};  // section
    std::unique_ptr<Schema> element{};                      // list and map
    const Key* key = nullptr;                               // leaf
};

// The whole table; made once.
[[nodiscard]] const Schema& schema();

// What to write instead of `name`, unknown in `section`: the nearest name there, or else the path of a key of
// that name elsewhere. Empty: nothing is near.
[[nodiscard]] std::string nearest(const Schema& section, std::string_view name);

// How many single-character edits lie between the two.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

// The names of a section: "file, id".
[[nodiscard]] std::string names_of(const Schema& section);

}  // namespace app
