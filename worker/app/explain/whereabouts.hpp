// Where a record stands now, as far as the /status page of one worker tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::explain {

// Sentences. `app` is the event's, empty when the event is invalid; `host` is that of the app's base URL, as
// /status names it. Error: `status_json` is not such a page.
[[nodiscard]] common::Result<std::vector<std::string>> whereabouts(
    std::string_view status_json, const core::Position& position, const std::string& app,
    const std::string& host);

}  // namespace app::explain
