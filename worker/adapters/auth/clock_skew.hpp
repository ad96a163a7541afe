// How far our clock is from Apple's, learnt from the Date header of its answers. A JWT says when it was
// issued, so a wrong clock looks like a refused credential.
#pragma once

#include <optional>

#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"

namespace auth {

class ClockSkew {
public:
    // `date` was read from an answer that arrived at `now`. Returns a warning to say, at most once a minute,
    // when the skew is beyond what back-dating a token forgives.
    [[nodiscard]] std::optional<core::Say> note(common::WallTime date, common::Now now);

    // Positive: our clock is behind. Exact to about a second, which is all that Date tells.
    [[nodiscard]] const std::optional<common::Duration>& last() const noexcept { return last_; }

private:
    std::optional<common::Duration> last_;
    std::optional<common::Instant> said_;
};

}  // namespace auth
