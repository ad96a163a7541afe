// The receipts that end an obligation: one for each command that is still owed, or one for an event that
// cannot be read. Their ids are made of the dead letter's position, so a repeated discard repeats them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/core/event/decode.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/letter.hpp"

namespace app::dead_letters {

[[nodiscard]] std::vector<core::OutgoingRecord> discard_receipts(
    const std::string& receipts_topic, const core::Discard& discard, const core::DecodeRules& rules,
    const core::Letter& letter, const core::Record& record, common::WallTime now);

}  // namespace app::dead_letters
