// Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
#pragma once

#include "common/prng.hpp"
#include "common/time.hpp"

namespace core {

struct Backoff {
    common::Duration base = std::chrono::milliseconds{200};
    common::Duration longest = std::chrono::seconds{30};

    // Uniform in (0, min(longest, base * 2^failures_before)]. Never zero, so that a retry is never immediate.
    [[nodiscard]] common::Duration after(int failures_before, common::Prng& random) const noexcept;
};

}  // namespace core
