// Where a record stands now, as the /record page of one worker tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::explain {

// Sentences. Error: `record_json` is not such a page, or one about another record.
[[nodiscard]] common::Result<std::vector<std::string>> whereabouts(
    std::string_view record_json, const core::Position& position);

}  // namespace app::explain
