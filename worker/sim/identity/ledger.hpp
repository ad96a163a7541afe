// Everything that reached the identity server, in the order in which it was received. Tokens are kept in
// clear: they are made up. Never print a whole ledger of a run with real ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "worker/sim/apple/fault.hpp"
#include "worker/sim/apple/ledger.hpp"
#include "worker/sim/apple/token.hpp"
#include "worker/sim/identity/options.hpp"

namespace sim {

enum class IdentityCall : std::uint8_t { keys, authorize, exchange, refresh, revoke };

// What a call did to the state, or found there.
enum class IdentityEffect : std::uint8_t {
    none,
    keys_served,
    authorized,
    exchanged,
    confirmed,      // the refresh token is valid
    not_valid,      // the refresh token or code is not
    ended_session,  // revoked now
    ended_before,   // the token was invalid already
    unknown_token,  // revoked, says the answer
};

struct IdentityEntry {
    common::Instant received{};
    common::Instant executed_at{};
    std::optional<IdentityCall> call{};  // none: not one of them
    std::string client_id{};             // as the request names it
    std::string key_id{};                // of an accepted secret
    std::optional<TokenFlaw> flaw{};     // why the secret was refused
    std::string token{};                 // the code, refresh token or token to revoke
    int status = 0;  // as decided, also when the client never sees it; 0: none was decided
    std::optional<IdentityError> error{};
    IdentityEffect effect = IdentityEffect::none;
    std::string account{};  // whose token it is
    Wire wire = Wire::answer;
    std::optional<FaultKind> fault{};                     // the one that decided the answer or the wire
    common::Instant not_before = common::Instant::min();  // of a 429; min: nothing usable
    common::Instant answered{};
};
using IdentityLedger = std::vector<IdentityEntry>;

}  // namespace sim
