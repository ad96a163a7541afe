// The judgement on an event's `data`, by event type.
#pragma once

#include "worker/core/event/decode.hpp"
#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"

namespace core {

// What an event's type says of its lists; where it says nothing, a list means nothing.
[[nodiscard]] bool names_sign_in_tokens(EventType type) noexcept;
[[nodiscard]] bool ends_or_checks_sessions(EventType type) noexcept;

// The first thing that is wrong: members in the order app, sign_in_tokens, sign_out_everywhere,
// sign_in_with_apple, payload; then the members that contradict each other.
[[nodiscard]] MaybeProblem check_data(const DataDraft& data, EventType type, const DecodeRules& rules);

}  // namespace core
