#include "worker/sim/identity/secret.hpp"

#include <array>

#include <fmt/format.h>

namespace sim {

std::optional<TokenFlaw> secret_time_flaw(
    std::int64_t iat, std::int64_t exp, common::WallTime now, const SecretTimes& rules) noexcept {
    const std::int64_t present = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    constexpr std::int64_t farthest = std::int64_t{1} << 40;  // keeps the sums below from overflowing
    if (iat < 0 || exp < 0 || iat > farthest || exp > farthest) {
        return TokenFlaw::malformed;
    }
    if (iat > present + rules.issued_ahead_max.count()) {
        return TokenFlaw::from_the_future;
    }
    if (exp <= present) {
        return TokenFlaw::expired;
    }
    if (exp > present + rules.ahead_max.count()) {
        return TokenFlaw::lives_too_long;
    }
    return std::nullopt;
}

std::string plain_secret(
    std::string_view key_id, std::string_view team_id, std::string_view client_id, std::int64_t iat,
    std::int64_t exp) {
    return fmt::format("{}.{}.{}.{}.{}", key_id, team_id, iat, exp, client_id);
}

SecretVerdict PlainSecrets::operator()(std::string_view secret, common::WallTime now) const {
    std::array<std::string_view, 4> parts;  // key, team, iat, exp; the rest is the client id
    for (std::string_view& part : parts) {
        const auto dot = secret.find('.');
        if (dot == std::string_view::npos) {
            return {TokenFlaw::malformed, {}, {}, {}};
        }
        part = secret.substr(0, dot);
        secret.remove_prefix(dot + 1);
    }
    const auto iat = whole_number(parts[2]);
    const auto exp = whole_number(parts[3]);
    if (!iat || !exp || secret.empty()) {
        return {TokenFlaw::malformed, {}, {}, {}};
    }
    const auto key = teams_by_key.find(parts[0]);
    if (key == teams_by_key.end()) {
        return {TokenFlaw::unknown_key, {}, {}, {}};
    }
    if (key->second != parts[1]) {
        return {TokenFlaw::issuer, {}, {}, {}};
    }
    if (const auto flaw = secret_time_flaw(*iat, *exp, now, times)) {
        return {flaw, {}, {}, {}};
    }
    return {std::nullopt, key->second, std::string{secret}, key->first};
}

}  // namespace sim
