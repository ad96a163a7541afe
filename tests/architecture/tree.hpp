// The source tree as text, for rules about it.
#pragma once

#include <string>
#include <vector>

namespace tree {

struct Line {
    std::size_t number = 0;
    std::string text;  // comments and string literals blanked out in `code`
    std::string code;
};

struct File {
    std::string path;  // relative to the root: "worker/core/engine/engine.cpp"
    std::vector<Line> lines;
    [[nodiscard]] bool is_header() const { return path.ends_with(".hpp"); }
    [[nodiscard]] bool under(std::string_view folder) const { return path.starts_with(folder); }
};

// All .hpp and .cpp files under the folders, sorted by path.
[[nodiscard]] std::vector<File> sources(const std::vector<std::string>& folders);

// "worker/core/event/record.hpp" of an #include "..." line, "<thread>" of an #include <...> line; else empty.
[[nodiscard]] std::string included(const Line& line);

[[nodiscard]] std::string read(const std::string& path);  // relative to the root
[[nodiscard]] std::string root();

}  // namespace tree
