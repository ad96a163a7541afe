#include "worker/sim/apple/token.hpp"

#include <charconv>

#include <fmt/format.h>

namespace sim {
namespace {

// Cuts what follows the last dot off `text`.
std::string_view last_part(std::string_view& text) {
    const auto dot = text.rfind('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    const std::string_view part = text.substr(dot + 1);
    text.remove_suffix(part.size() + 1);
    return part;
}

}  // namespace

std::string_view flaw_name(TokenFlaw flaw) noexcept {
    switch (flaw) {
        case TokenFlaw::missing:
            return "missing";
        case TokenFlaw::malformed:
            return "malformed";
        case TokenFlaw::algorithm:
            return "algorithm";
        case TokenFlaw::signature:
            return "signature";
        case TokenFlaw::unknown_key:
            return "unknown_key";
        case TokenFlaw::issuer:
            return "issuer";
        case TokenFlaw::audience:
            return "audience";
        case TokenFlaw::bundle_id:
            return "bundle_id";
        case TokenFlaw::from_the_future:
            return "from_the_future";
        case TokenFlaw::expired:
            return "expired";
        case TokenFlaw::too_old:
            return "too_old";
        case TokenFlaw::lives_too_long:
            return "lives_too_long";
    }
    return "unknown";
}

std::optional<TokenFlaw> time_flaw(
    std::int64_t iat, std::int64_t exp, common::WallTime now, const TokenTimes& rules) noexcept {
    const std::int64_t present = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    // Far away numbers are flaws too; bounding them first keeps the sums below from overflowing.
    constexpr std::int64_t farthest = std::int64_t{1} << 40;
    if (iat < 0 || exp < 0 || iat > farthest || exp > farthest) {
        return TokenFlaw::malformed;
    }
    if (iat > present + rules.ahead_max.count()) {
        return TokenFlaw::from_the_future;
    }
    if (exp <= present) {
        return TokenFlaw::expired;
    }
    if (present - iat >= rules.age_max.count()) {
        return TokenFlaw::too_old;
    }
    if (rules.limit_lifetime && exp - iat > rules.age_max.count()) {
        return TokenFlaw::lives_too_long;
    }
    return std::nullopt;
}

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::string plain_token(
    std::string_view key_id, std::string_view bundle_id, std::int64_t iat, std::int64_t exp) {
    return fmt::format("Bearer {}.{}.{}.{}", key_id, bundle_id, iat, exp);
}

TokenVerdict PlainTokens::operator()(std::string_view authorization, common::WallTime now) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) {
        return {TokenFlaw::missing};
    }
    std::string_view rest = authorization.substr(scheme.size());
    const auto exp = whole_number(last_part(rest));
    const auto iat = whole_number(last_part(rest));
    const auto dot = rest.find('.');
    if (!exp || !iat || dot == std::string_view::npos) {
        return {TokenFlaw::malformed};
    }
    const std::string_view key_id = rest.substr(0, dot);
    const std::string_view bundle_id = rest.substr(dot + 1);
    if (!active_keys.contains(key_id)) {
        return {TokenFlaw::unknown_key};
    }
    if (!bundle_ids.contains(bundle_id)) {
        return {TokenFlaw::bundle_id};
    }
    if (const auto flaw = time_flaw(*iat, *exp, now, times)) {
        return {*flaw};
    }
    return {std::nullopt, std::string{bundle_id}, std::string{key_id}};
}

}  // namespace sim
