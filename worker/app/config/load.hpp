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

// What becomes of the files that a configuration names: keys, passwords, certificates.
enum class NamedFiles : unsigned char {
    looked_at,  // never kept
    skipped,    // not even asked for; each has a line in the report
};

// Reads the file at `path` and looks at the files it names.
[[nodiscard]] Loaded load(
    const std::string& path, const Environment& environment, NamedFiles files = NamedFiles::looked_at);

// The same for text that is at hand; `path` appears in messages and gives relative paths their folder.
[[nodiscard]] Loaded load_text(
    const std::string& text, const std::string& path, const Environment& environment,
    NamedFiles files = NamedFiles::looked_at);

// The table of keys as markdown, for the documents.
[[nodiscard]] std::string reference();

}  // namespace app
