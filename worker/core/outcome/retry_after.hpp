// Reads the Retry-After header in the three forms seen at Apple and in RFC 9110 section 10.2.3:
// UNIX time in milliseconds (above 10^11, App Store Server API), delta seconds, HTTP date (IMF-fixdate).
#pragma once

#include <optional>
#include <string_view>

#include "common/time.hpp"
#include "worker/core/outcome/exchange.hpp"

namespace core {

// How long to wait from `now`, between 1 s and 1 h. None when the text is unreadable or the time has passed:
// the caller uses its own backoff then.
[[nodiscard]] std::optional<common::Duration> retry_after(
    std::string_view text, common::WallTime now) noexcept;

// What an exchange asks for; none also when it was not answered.
[[nodiscard]] inline std::optional<common::Duration> retry_after(
    const Exchange& exchange, common::WallTime now) noexcept {
    const auto* answer = std::get_if<Answer>(&exchange);
    return answer != nullptr && answer->retry_after ? retry_after(*answer->retry_after, now) : std::nullopt;
}

}  // namespace core
