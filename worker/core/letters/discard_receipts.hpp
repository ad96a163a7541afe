// The receipts that end an obligation: one for each command that is still owed, or one for an event that
// cannot be read. Their ids are made of the dead letter's position, so a repeated discard repeats them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/core/event/decode.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/letter.hpp"

namespace core {

[[nodiscard]] std::vector<OutgoingRecord> discard_receipts(
    const std::string& receipts_topic, const Discard& discard, const DecodeRules& rules, const Letter& letter,
    const Record& record, common::WallTime now, std::string_view worker_version);

}  // namespace core
