// From a file and the environment to a Config, or to a Report of everything that is wrong.
#pragma once

#include <optional>
#include <string>

#include "worker/app/config/config.hpp"
#include "worker/app/config/diagnostic.hpp"
#include "worker/app/config/values.hpp"

namespace app {

struct Loaded {
    std::optional<Config> config;  // only without errors; warnings do not matter
    Report report;
};

// Reads the file at `path` and the files it names (keys, certificates: only looked at, never kept).
[[nodiscard]] Loaded load(const std::string& path, const Environment& environment);

// The same for text that is at hand; `path` appears in messages and gives relative paths their folder.
[[nodiscard]] Loaded load_text(
    const std::string& text, const std::string& path, const Environment& environment);

// The table of keys as markdown, for the documents.
[[nodiscard]] std::string reference();

}  // namespace app
