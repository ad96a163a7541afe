#pragma once

#include <string_view>

namespace app {

// Of this build, from CMakeLists.txt: "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

}  // namespace app
