// The JSON Schemas of schemas/, byte for byte as they are there. Compiled in by schemas/CMakeLists.txt: link
// `event_schemas`. For the command line and for tests; the decoder does not read them.
#pragma once

#include <span>
#include <string_view>

namespace core {

struct Schema {
    std::string_view type;  // the CloudEvents type it describes
    std::string_view text;  // JSON Schema, draft-07
};

// In the order of their file names.
[[nodiscard]] std::span<const Schema> schemas() noexcept;

}  // namespace core
