// A value that nobody ever stored or was given, for questions to Apple whose answer tells about the
// credential alone.
#pragma once

#include <string>

namespace app::doctor {

[[nodiscard]] std::string fresh_value();

}  // namespace app::doctor
