// One dead letter in full: provenance, history, why it failed and what to do, what is still owed, and the
// payload with every token value masked.
#pragma once

#include <optional>
#include <string>

#include "worker/app/dead_letters/rendering.hpp"
#include "worker/core/letters/fate.hpp"

namespace app::dead_letters {

// What is known of a letter that is not open any more.
struct Settled {
    core::Fate fate;
    std::string receipts_topic;
    bool looked_at_all = true;  // that the topic still has
    std::string problem{};      // why it could not be read; empty: it was
};

// `reveal`: the payload as it is, token values too.
[[nodiscard]] std::string shown(
    const core::Letter& letter, const core::Record& record, const core::DecodeRules& rules,
    const std::optional<Settled>& settled, bool reveal, Format format, common::WallTime now);

// JSON in which every text, number and name is masked that is not known to be harmless; what is no JSON, or
// is nested too deep, is described only.
[[nodiscard]] std::string masked_payload(const core::Record& record);

}  // namespace app::dead_letters
