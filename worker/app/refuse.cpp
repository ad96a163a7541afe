#include "worker/app/refuse.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace app {

ExitCode refuse(ExitCode code, const std::string& message) {
    fmt::print(stderr, "autosignin-worker: {}\n", message);
    return code;
}

}  // namespace app
