// The /status and /record pages: what the engine holds right now, for a person or a script.
#pragma once

#include <string>
#include <string_view>

#include "worker/core/engine/record_status.hpp"
#include "worker/core/engine/stats.hpp"

namespace admin {

// One JSON object, indented. Names of apps, hosts and topics appear; nothing of an event does.
[[nodiscard]] std::string status_json(const core::Status& status, std::string_view version);

// The same of one record. `now`: when the engine was asked.
[[nodiscard]] std::string record_json(
    const core::RecordStatus& status, const core::Position& asked, common::WallTime now,
    std::string_view version);

}  // namespace admin
