// The judgement on an event's `data`, by event type.
#pragma once

#include "worker/core/event/decode.hpp"
#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"

namespace core {

// The first thing that is wrong: members in the order app, sign_in_tokens, sign_out_everywhere,
// sign_in_with_apple; then the members that contradict each other.
[[nodiscard]] MaybeProblem check_data(const DataDraft& data, EventType type, const DecodeRules& rules);

}  // namespace core
