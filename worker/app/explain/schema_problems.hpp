// Everything that a JSON Schema finds wrong with an event, where the decoder stops at the first thing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "worker/app/explain/explanation.hpp"

namespace app::explain {

// `event` is the structured form of an event whose type is the schema's `type`. In words and codes of the
// decoder; the validator's own texts are not passed on, since nobody promises what they quote. What the
// schema says of members that contradict each other is left to contradictions().
[[nodiscard]] std::vector<Problem> schema_problems(const nlohmann::json& event, std::string_view type);

}  // namespace app::explain
