// What the worker would do with a record, found with the very functions that the engine uses: decode,
// commands_for, request_for. Nothing is sent, and no clock is read.
#pragma once

#include "worker/app/config/config.hpp"
#include "worker/app/explain/explanation.hpp"
#include "worker/core/event/record.hpp"

namespace app::explain {

// Without a configuration (null) any app is taken as known, and what depends on the configuration is left
// open.
[[nodiscard]] Explanation explained(const core::Record& record, const Config* config);

}  // namespace app::explain
