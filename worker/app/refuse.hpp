// How a subcommand ends when it cannot do what was asked: one sentence on standard error.
#pragma once

#include <string>

#include "worker/app/exit_code.hpp"

namespace app {

// Returns `code`. The message holds no secret.
[[nodiscard]] ExitCode refuse(ExitCode code, const std::string& message);

}  // namespace app
