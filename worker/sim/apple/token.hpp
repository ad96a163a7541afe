// Whether Apple accepts the bearer token of a request. The scripted Apple is told by a TokenCheck: plain text
// in the simulation (below), ES256 with OpenSSL behind real sockets (worker/dev).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace sim {

// Why a token is refused. Apple says 401 for all of them and nothing more; the ledger keeps the reason.
enum class TokenFlaw : std::uint8_t {
    missing,      // no Authorization header, or not a Bearer
    malformed,    // not three parts, not base64url, not JSON, a claim missing or of the wrong type
    algorithm,    // anything but ES256
    signature,    // not r||s of 64 bytes, or not by that key
    unknown_key,  // kid never seen, or revoked
    issuer,
    audience,
    bundle_id,
    from_the_future,  // iat ahead of Apple's clock
    expired,
    too_old,         // issued more than 60 min ago, whatever exp says
    lives_too_long,  // exp - iat above 60 min
};
[[nodiscard]] std::string_view flaw_name(TokenFlaw flaw) noexcept;

struct TokenVerdict {
    std::optional<TokenFlaw> flaw{};  // none: accepted
    std::string bundle_id{};          // of an accepted token
    std::string key_id{};
};

// `authorization` is the whole header value; `now` is Apple's clock.
using TokenCheck = std::function<TokenVerdict(std::string_view authorization, common::WallTime now)>;

struct TokenTimes {
    std::chrono::seconds ahead_max{0};  // tolerance for iat in the future; 1 s has been refused in practice
    std::chrono::seconds age_max{3600};
    bool limit_lifetime = true;  // refuse exp - iat above age_max, as the sibling API does
};

// The rules about time alone; iat and exp in UNIX seconds.
[[nodiscard]] std::optional<TokenFlaw> time_flaw(
    std::int64_t iat, std::int64_t exp, common::WallTime now, const TokenTimes& rules) noexcept;

// A whole number and nothing else; none: anything else.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text) noexcept;

// "Bearer KID.BUNDLE_ID.IAT.EXP": what a simulated worker sends. KID must not contain a dot.
[[nodiscard]] std::string plain_token(
    std::string_view key_id, std::string_view bundle_id, std::int64_t iat, std::int64_t exp);

// Checks plain tokens. Use it as TokenCheck by std::ref; it must outlive the Apple that uses it.
struct PlainTokens {
    std::set<std::string, std::less<>> active_keys{};
    std::set<std::string, std::less<>> bundle_ids{};
    TokenTimes times{};

    [[nodiscard]] TokenVerdict operator()(std::string_view authorization, common::WallTime now) const;
};

}  // namespace sim
