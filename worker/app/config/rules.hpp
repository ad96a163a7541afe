// Combinations that are wrong although every value is fine by itself, and files that are not as they must be.
#pragma once

#include "worker/app/config/checked.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/config/load.hpp"

namespace app {

void check_rules(const Config& config, const Checked& checked, Report& report);

// Looks at every file the configuration names, or says of each that it was skipped. Reads no more than it
// needs to tell a key from something else.
void check_files(const Config& config, const Checked& checked, NamedFiles named, Report& report);

}  // namespace app
