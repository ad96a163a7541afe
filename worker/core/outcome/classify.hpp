// What one exchange with Apple means for its command. Pure table look-up; who waits and for how long is
// decided by schedule and engine.
//
// Sources: Apple's pages as collected in apple-apis section 5; the rows marked "judgment" there are ours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "worker/core/command/command.hpp"
#include "worker/core/identity/token_response.hpp"
#include "worker/core/outcome/exchange.hpp"

namespace core {

// The command is finished and nothing is owed.
enum class Done : std::uint8_t {
    executed,
    already_so,
    not_found,
    probably_executed,
    session_over,    // what was asked is answered: Apple does not take the refresh token any more
    asked_too_soon,  // Apple does not want to be asked about this session yet
};

// Why everything that uses a credential must wait.
enum class HoldReason : std::uint8_t { credential_refused, throttled, misdirected };

struct Finished {
    Done done = Done::executed;
    friend bool operator==(const Finished&, const Finished&) = default;
};
// May pass by itself. `costs_attempt` false: it certainly did not reach Apple.
struct Retry {
    bool costs_attempt = true;
    friend bool operator==(const Retry&, const Retry&) = default;
};
// Nothing in the answer is about this command: the (app, API) credential's gate closes.
struct Hold {
    HoldReason reason = HoldReason::throttled;
    friend bool operator==(const Hold&, const Hold&) = default;
};
// The same bytes will fail again. `certain` false: nothing in the answer says so, so they are sent again a
// few times first.
struct Rejected {
    bool certain = true;
    friend bool operator==(const Rejected&, const Rejected&) = default;
};

using Meaning = std::variant<Finished, Retry, Hold, Rejected>;

// `lost_before`: an earlier attempt of this command ended Lost.
[[nodiscard]] Meaning classify(Action action, bool lost_before, const Exchange& exchange);

// What the body of a 400 says; none when it is no JSON, torn, or names no documented error.
[[nodiscard]] std::optional<IdentityError> identity_error_of(const Answer& answer);

// Of a 200 to a revocation. Apple's is empty: a page is somebody's in between, who revoked nothing, and what
// names an error is no success. Other words pass, since they may be Apple's of tomorrow.
[[nodiscard]] bool denies_success(const Answer& answer);

// For metrics, receipts and dlq.error.code: a closed set, the same for every command.
//   "200" "204" "2xx" "3xx" "400" "400 invalid_grant" "401" "404" "429" "4xx" "503" "5xx" "other"
//   "refused_stream" "deadline" "reset" ...
[[nodiscard]] std::string_view answer_class(const Exchange& exchange);
// Every text answer_class can return, each once.
[[nodiscard]] std::span<const std::string_view> answer_classes() noexcept;
// Its place in answer_classes(), for counting.
[[nodiscard]] std::size_t answer_class_index(const Exchange& exchange);

}  // namespace core
