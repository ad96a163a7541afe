// The answers of the scripted Apple, written out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/strong.hpp"
#include "common/time.hpp"
#include "worker/core/outcome/exchange.hpp"
#include "worker/sim/apple/fault.hpp"
#include "worker/sim/apple/ledger.hpp"

namespace sim {

using LandingId = common::Strong<struct LandingIdTag, std::uint64_t>;

struct Answer {
    int status = 0;  // 0: there is none
    std::string content_type{};
    std::string body{};
    std::optional<std::string> retry_after{};
    common::WallTime date{};  // Apple's clock, offset included
    bool documented = true;   // by Apple, for this call
    Wire wire = Wire::answer;
    common::Duration delay{};
    std::optional<LandingId> landing{};
    std::vector<std::pair<std::string, std::string>> headers{};  // others, names in lower case
};

// How a client sees an answer that was carried out over HTTP/2 (a stall ends at its deadline).
// Not for answers that have yet to land.
[[nodiscard]] core::Exchange exchange_of(const Answer& answer);

// Sets status, body and content type. 204, 401 and 404 look as documented or seen; the others are made up, in
// the shape of the sibling API's errors.
void answer_with(Answer& answer, int status, BodyForm form = BodyForm::empty);

// What Retry-After says for a wait that ends at `reopens` on Apple's clock; `now` is the same clock.
// None: the header is left out.
[[nodiscard]] std::optional<std::string> retry_after_text(
    RetryAfterForm form, common::WallTime reopens, common::WallTime now);

// IMF-fixdate, as in Date and Retry-After: "Sun, 06 Nov 1994 08:49:37 GMT". Rounded down.
[[nodiscard]] std::string http_date(common::WallTime time);

}  // namespace sim
