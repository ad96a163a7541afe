// Whether the identity server accepts a client secret. It is told by a SecretCheck: plain text in the
// simulation (below), ES256 with OpenSSL behind real sockets (worker/dev).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"
#include "worker/sim/apple/token.hpp"

namespace sim {

struct SecretVerdict {
    // None: accepted so far. `issuer`: the key is not the team's; `lives_too_long`: exp is too far ahead.
    std::optional<TokenFlaw> flaw{};
    std::string team_id{};    // iss, of an accepted secret; its key belongs to that team
    std::string client_id{};  // sub; whether there is such a client is not the check's business
    std::string key_id{};
};

// `now` is Apple's clock.
using SecretCheck = std::function<SecretVerdict(std::string_view secret, common::WallTime now)>;

struct SecretTimes {
    std::chrono::seconds ahead_max{15'777'000};  // exp, by Apple's clock
    // iat ahead of Apple's clock: not documented, so none is tolerated.
    std::chrono::seconds issued_ahead_max{0};
};

// The rules about time alone; iat and exp in UNIX seconds.
[[nodiscard]] std::optional<TokenFlaw> secret_time_flaw(
    std::int64_t iat, std::int64_t exp, common::WallTime now, const SecretTimes& rules) noexcept;

// "KID.TEAM.IAT.EXP.CLIENT_ID": what a simulated worker sends. KID and TEAM must not contain a dot.
[[nodiscard]] std::string plain_secret(
    std::string_view key_id, std::string_view team_id, std::string_view client_id, std::int64_t iat,
    std::int64_t exp);

// Checks plain secrets. Use it as SecretCheck by std::ref; it must outlive the server that uses it.
struct PlainSecrets {
    std::map<std::string, std::string, std::less<>> teams_by_key{};  // active keys only: erase to revoke
    SecretTimes times{};

    [[nodiscard]] SecretVerdict operator()(std::string_view secret, common::WallTime now) const;
};

}  // namespace sim
