#include "tests/fuzz/exchange_promises.hpp"

#include <chrono>

#include "common/invariant.hpp"
#include "worker/core/outcome/classify.hpp"
#include "worker/core/outcome/retry_after.hpp"

namespace fuzz {

using namespace std::chrono_literals;

void check(const core::Exchange& exchange, std::size_t header_bytes_max) {
    const auto* answer = std::get_if<core::Answer>(&exchange);
    if (answer != nullptr) {
        INVARIANT(answer->status >= 200 && answer->status <= 999, "an answer has a final status");
        INVARIANT(answer->body.size() <= core::answer_body_bytes_max, "a body is bounded");
        INVARIANT(
            !answer->retry_after || answer->retry_after->size() <= header_bytes_max, "a header is bounded");
        INVARIANT(
            !answer->content_type || answer->content_type->size() <= header_bytes_max, "a header is bounded");
    }
    const common::WallTime now{std::chrono::milliseconds{1'800'000'000'000}};
    const auto wait = core::retry_after(exchange, now);
    INVARIANT(!wait || (*wait >= 1s && *wait <= 1h), "a wait is bounded");
    for (const core::Action action : core::actions) {
        const core::Meaning meaning = core::classify(action, false, exchange);
        INVARIANT(
            answer != nullptr || std::holds_alternative<core::Retry>(meaning),
            "without an answer nothing is decided");
    }
}

}  // namespace fuzz
