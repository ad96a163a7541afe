// Checked values into the plain Config.
#pragma once

#include "worker/app/config/checked.hpp"
#include "worker/app/config/config.hpp"

namespace app {

// `folder`: where relative paths start; with a trailing slash, or empty for the working directory.
[[nodiscard]] Config fill(const Checked& checked, const std::string& folder);

}  // namespace app
