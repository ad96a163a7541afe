// The JSON document that an event is, whichever way its record carries it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "worker/core/event/record.hpp"

namespace app::explain {

// In binary mode put together from the ce_ headers and the value. None: there is no such document. Of members
// that are given twice the last one is in it.
[[nodiscard]] std::optional<nlohmann::json> structured_form(const core::Record& record);

}  // namespace app::explain
