// How Apple misbehaves, as data: a list of windows. While a window is open, a request within its scope
// suffers with its probability.
//
// The order in which they are asked, whatever the order of the list; square brackets are Apple's own checks:
//   refuse_stream, go_away, drop_request, close_unexecuted, delay_execution, fail, [method and path],
//   refuse_credential, [token], forbid, throttle, [body], reject_value, fail_value, hide_value, [look-up,
//   effect], then one of lose_answer, close_executed, tear_body, stall, and delay_answer.
// Statuses other than 204, 401 and 404 are not documented by Apple for these calls: they are this simulator's
// choice (Answer::documented tells).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "common/time.hpp"
#include "worker/core/command/command.hpp"
#include "worker/sim/apple/store.hpp"

namespace sim {

enum class FaultKind : std::uint8_t {
    lose_answer,      // executed, then the stream is reset without an answer
    drop_request,     // the stream is reset, nothing was executed; the client cannot tell these two apart
    delay_answer,     // executed at once, answered `delay` later
    delay_execution,  // late landing: everything happens `delay` later, also when the client is gone by then
    stall,            // executed, never answered; the connection stays
    refuse_credential,  // 401
    forbid,             // 403
    throttle,           // 429, see RetryAfterForm
    fail,               // 5xx: `status`, `body`
    reject_value,       // 400 for `values`, or for all: the same bytes fail always
    fail_value,         // 500 for `values`: a poisoned record that looks like an outage
    hide_value,         // 404 for a value that is stored, as right after a device wrote it
    refuse_stream,      // REFUSED_STREAM: not processed, free to repeat
    go_away,            // GOAWAY with a last stream id below this request's: not processed, free to repeat
    close_unexecuted,   // the connection ends before the request is executed; takes other streams along
    close_executed,     // the connection ends after it
    tear_body,          // an answer that has a body loses the end of it and the stream is reset
    clock_offset,       // Apple's clock is ahead by `delay` (negative: behind)
};

enum class RetryAfterForm : std::uint8_t { epoch_ms, seconds, http_date, missing, past, unreadable };
enum class BodyForm : std::uint8_t { empty, json, html };

struct Fault {
    FaultKind kind = FaultKind::fail;
    common::Instant from{};                 // first instant that suffers
    common::Instant until = common::never;  // first instant that does not
    double probability = 1;
    unsigned strikes_a_value_max = 0;  // how often it hits one value at most; 0: no bound

    // Scope; empty: everything. A request whose token or body cannot be read matches no bundle id and no
    // value.
    std::string bundle_id{};  // at the identity server: the client id
    std::optional<Environment> environment{};
    std::optional<core::Action> action{};         // the kind of call
    std::set<std::string, std::less<>> values{};  // the value, token or code that a call addresses
    std::string path{};                           // of the call, without a query

    common::Duration delay{};         // delay_*, clock_offset
    int status = 503;                 // fail
    BodyForm body = BodyForm::empty;  // fail, fail_value, reject_value, forbid
    std::string error{};  // reject_value at the identity server: ErrorResponse's; empty: invalid_request
    RetryAfterForm retry_after = RetryAfterForm::epoch_ms;  // throttle
    // throttle: what Retry-After says, from now on; none: the end of the window.
    std::optional<common::Duration> retry_after_in{};
};

// Draws uniformly from [0, bound). A seeded Prng, or a byte string that a fuzzer shrinks.
using Choose = std::function<std::uint64_t(std::uint64_t bound)>;

}  // namespace sim
