// When a certificate ends that we show to others.
#pragma once

#include <optional>
#include <string>

#include "common/time.hpp"

namespace auth {

// Of the first certificate in a PEM file, which is the one that is shown; none: it cannot be read.
[[nodiscard]] std::optional<common::WallTime> certificate_ends(const std::string& path);

}  // namespace auth
