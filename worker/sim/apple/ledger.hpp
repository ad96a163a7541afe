// Everything that reached Apple, in the order in which it was received: what checkers compare with the
// events. Values are kept in clear: they are made up. Never print a whole ledger of a run with real tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"
#include "worker/core/command/command.hpp"
#include "worker/sim/apple/fault.hpp"
#include "worker/sim/apple/token.hpp"

namespace sim {

// What the client gets to see, other than a plain answer.
enum class Wire : std::uint8_t {
    answer,          // headers and body
    reset,           // RST_STREAM without an answer
    refused_stream,  // RST_STREAM(REFUSED_STREAM)
    go_away,         // GOAWAY, last stream id below this one
    close,           // the connection ends
    torn_body,       // headers and half of the body, then RST_STREAM
    stall,           // nothing at all
};

struct LedgerEntry {
    common::Instant received{};
    common::Instant
        executed_at{};  // when the store changed or the answer was decided; later with delay_execution
    Shop shop{};        // bundle id empty: the token was not accepted
    std::string key_id{};
    std::optional<core::Action> action{};  // none: not one of the two calls
    std::string value{};                   // as addressed; empty when the body could not be read
    std::string replacement{};
    int status = 0;            // as decided, also when the client never sees it; 0: none was decided
    std::size_t accounts = 0;  // how many the store changed; above 0 means executed
    Wire wire = Wire::answer;
    std::optional<FaultKind> fault{};  // the one that decided the answer or the wire
    std::optional<TokenFlaw> flaw{};   // why 401
    common::Instant not_before =
        common::Instant::min();  // of a 429: what its Retry-After asks for; min: nothing usable
    common::Instant answered{};  // when the answer left Apple (executed_at + delay_answer)
};
using Ledger = std::vector<LedgerEntry>;

// A request that came while an earlier answer had told the client to wait.
struct EarlyRequest {
    std::size_t request = 0;    // index into the ledger
    std::size_t throttled = 0;  // index of the 429
};

// Requests of a shop that were received after a 429 of that shop had been answered for at least `grace` (the
// time the answer and requests already sent need on the wire) and before the time that 429 asked for.
// Requests that never reached Apple's application (refused, GOAWAY) count as well: the client did send them.
[[nodiscard]] std::vector<EarlyRequest> sent_too_early(const Ledger& ledger, common::Duration grace);

}  // namespace sim
