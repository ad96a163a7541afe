#include "worker/core/identity/claims.hpp"

#include <algorithm>

namespace core {
namespace {

bool among(const std::string& one, const std::vector<std::string>& all) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::optional<IdentityProblem> unless(bool good, InvalidCode code, std::string sentence) {
    return good ? std::nullopt : std::optional{IdentityProblem{code, std::move(sentence)}};
}

}  // namespace

StandardClaims read_standard_claims(MemberReader& claim) {
    StandardClaims claims;
    claims.issuer = claim.required_text("iss");
    claim.require("aud");
    claims.audiences = claim.texts("aud");
    claim.require("iat");
    claims.issued_at = claim.time("iat").value_or(common::WallTime{});
    claims.expires_at = claim.time("exp");
    return claims;
}

StepsTaken take_steps(const std::vector<IdentityStep>& steps) {
    StepsTaken taken;
    for (const IdentityStep& step : steps) {
        IdentityCheck& check = taken.checks.emplace_back(IdentityCheck{step.what});
        if (!taken.problem) {
            taken.problem = step.problem();
            check.end = taken.problem ? IdentityCheck::End::failed : IdentityCheck::End::passed;
        }
    }
    return taken;
}

IdentityStep signature_step(const UnverifiedToken& token, const RsaKey& key, const Rs256Check& check) {
    return {"the signature is by the key that it names", [&token, &key, &check] {
                return unless(
                    check(key, token.jws.signed_text.expose(), token.jws.signature), invalid::bad_signature,
                    "the signature does not belong to the payload and the key");
            }};
}

IdentityStep issuer_step(const StandardClaims& claims, std::string_view issuer) {
    return {"the issuer is Apple", [&claims, issuer] {
                return unless(claims.issuer == issuer, invalid::wrong_issuer, "iss is not Apple's");
            }};
}

IdentityStep audience_step(const StandardClaims& claims, const std::vector<std::string>& audiences) {
    return {"the audience is a client of ours", [&claims, &audiences] {
                const bool ours = std::any_of(
                    claims.audiences.begin(), claims.audiences.end(),
                    [&](const std::string& each) { return among(each, audiences); });
                return unless(ours, invalid::wrong_audience, "aud names none of our clients");
            }};
}

IdentityStep issue_step(const StandardClaims& claims, common::WallTime at) {
    return {"it was not issued in the future", [&claims, at] {
                return unless(
                    claims.issued_at <= at + issued_ahead_max, invalid::issued_in_future,
                    "iat is more than five minutes ahead");
            }};
}

IdentityStep expiry_step(const StandardClaims& claims, common::WallTime at) {
    return {"it has not expired", [&claims, at] {
                return unless(
                    !claims.expires_at || at < *claims.expires_at, invalid::expired, "exp has passed");
            }};
}

std::string audience_of(const StandardClaims& claims, const std::vector<std::string>& audiences) {
    const auto found = std::find_if(audiences.begin(), audiences.end(), [&](const std::string& ours) {
        return among(ours, claims.audiences);
    });
    return found == audiences.end() ? std::string{} : *found;
}

}  // namespace core
