// One dead letter in full: provenance, history, why it failed and what to do, what is still owed, and the
// payload with every token value masked.
#pragma once

#include <string>

#include "worker/app/dead_letters/rendering.hpp"

namespace app::dead_letters {

// `reveal`: the payload as it is, token values too.
[[nodiscard]] std::string shown(
    const core::Letter& letter, const core::Record& record, const core::DecodeRules& rules, bool settled,
    bool reveal, Format format, common::WallTime now);

// JSON in which every text, number and name is masked that is not known to be harmless; what is no JSON, or
// is nested too deep, is described only.
[[nodiscard]] std::string masked_payload(const core::Record& record);

}  // namespace app::dead_letters
