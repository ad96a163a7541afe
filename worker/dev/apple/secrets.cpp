#include "worker/dev/apple/secrets.hpp"

#include "worker/sim/identity/claims.hpp"

namespace dev {

using sim::TokenFlaw;

common::Result<bool> Es256Secrets::add_key(
    const std::string& key_id, const std::string& team_id, std::string_view p8) {
    teams_.insert_or_assign(key_id, team_id);
    return keys_.add(key_id, p8);
}

sim::SecretVerdict Es256Secrets::check(std::string_view secret, common::WallTime now) const {
    const auto refused = [](TokenFlaw flaw) { return sim::SecretVerdict{flaw, {}, {}, {}}; };
    const ReadJwt jwt = keys_.read(secret);
    if (jwt.flaw) {
        return refused(*jwt.flaw);
    }
    const auto team = jwt.text("iss");
    const auto client_id = jwt.text("sub");
    const auto iat = jwt.number("iat");
    const auto exp = jwt.number("exp");
    if (team != teams_.find(jwt.key_id)->second) {
        return refused(TokenFlaw::issuer);
    }
    if (jwt.text("aud") != sim::identity_issuer) {
        return refused(TokenFlaw::audience);
    }
    if (!client_id || !iat || !exp) {
        return refused(TokenFlaw::malformed);
    }
    if (const auto flaw = sim::secret_time_flaw(*iat, *exp, now, times_)) {
        return refused(*flaw);
    }
    return {std::nullopt, *team, *client_id, jwt.key_id};
}

}  // namespace dev
