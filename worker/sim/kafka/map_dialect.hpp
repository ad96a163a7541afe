// Workers of several versions in one group: what each writes into the metadata of a commit, and what it makes
// of what another has written.
//
// No version was released before this one, so the others are a later one, with maps that must not be read as
// ours, and one from before there were maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "worker/core/settle/offset_map.hpp"

namespace sim {

enum class MapDialect : std::uint8_t { this_version, later_version, no_maps };

// What the broker is given, for a commit of our engine at `committed` with `metadata`.
[[nodiscard]] std::string as_written(MapDialect dialect, core::Offset committed, const std::string& metadata);
// What our engine, standing for one of that dialect, is shown of a group's metadata. A map that the dialect
// knows becomes one that the engine knows; one that it does not know stays unknown.
[[nodiscard]] std::string as_read(MapDialect dialect, core::Offset committed, const std::string& metadata);

// By its first letters, whatever the engine makes of it.
[[nodiscard]] inline bool map_of_this_version(std::string_view metadata) {
    return metadata.starts_with("asw1");
}

}  // namespace sim
