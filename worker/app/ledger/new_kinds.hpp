// Tells, once, when dead letters of a kind appear that were not there before.
#pragma once

#include <deque>
#include <optional>
#include <set>

#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/core/letters/signature.hpp"

namespace app::ledger {

class NewKinds {
public:
    // `fresh`: written since somebody watches; what lay there before is only remembered. At most five lines a
    // minute, since then they help nobody. A thousand kinds are remembered; for a new one the oldest is
    // forgotten, and told again when it appears again.
    [[nodiscard]] std::optional<core::Say> note(const core::Letter& letter, bool fresh, common::Instant now);

private:
    std::set<core::Signature> known_;
    std::deque<std::set<core::Signature>::const_iterator> by_age_;  // of known_, the oldest first
    common::Instant minute_{};                                      // when it began
    int said_ = 0;                                                  // in it
};

}  // namespace app::ledger
