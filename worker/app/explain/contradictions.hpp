// The contract's rules about the values of one event (schemas/README.md), every place where they are broken.
//
// The decoder holds the same rules and stops at the first; that both agree is proved on random events
// (tests/unit/explain).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "worker/app/explain/explanation.hpp"

namespace app::explain {

// Of tokens that are well-formed; others are schema_problems(). `data` may be anything. Without a type the
// rules that depend on it are left out.
[[nodiscard]] std::vector<Problem> contradictions(
    const nlohmann::json& data, std::optional<core::EventType> type);

}  // namespace app::explain
