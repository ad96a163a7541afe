// Allows a rate with a burst. Tokens refill continuously; time is passed in.
#pragma once

#include <algorithm>

#include "common/time.hpp"

namespace common {

class TokenBucket {
public:
    // `per_second` <= 0 means no limit. `burst` is what may go out at once, at least 1.
    TokenBucket(double per_second, double burst) noexcept
        : per_second_{per_second}, burst_{std::max(1.0, burst)}, level_{burst_} {}

    [[nodiscard]] bool limited() const noexcept { return per_second_ > 0; }

    // Takes one token if there is one.
    [[nodiscard]] bool take(Instant now) noexcept {
        if (!limited()) {
            return true;
        }
        refill(now);
        if (level_ < 1.0) {
            return false;
        }
        level_ -= 1.0;
        return true;
    }

    // When take() will next succeed if nobody else takes; `now` if it would at once. Rounded up, so that
    // waiting exactly this long is enough.
    [[nodiscard]] Instant ready_at(Instant now) noexcept {
        if (!limited()) {
            return now;
        }
        refill(now);
        if (level_ >= 1.0) {
            return now;
        }
        const double wait_ns = (1.0 - level_) / per_second_ * 1e9;
        return now + Duration{static_cast<Duration::rep>(wait_ns) + 1000};
    }

private:
    void refill(Instant now) noexcept {
        if (now > refilled_) {
            level_ = std::min(burst_, level_ + seconds(now - refilled_) * per_second_);
            refilled_ = now;
        }
    }

    double per_second_;
    double burst_;
    double level_;
    Instant refilled_{};
};

}  // namespace common
