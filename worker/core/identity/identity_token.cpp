#include "worker/core/identity/identity_token.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "worker/core/identity/claims.hpp"

namespace core {
namespace {

constexpr std::array<std::string_view, 3> statuses{"unsupported", "unknown", "likely real"};

struct Claims {
    StandardClaims standard;
    std::optional<common::Secret> nonce;
    IdentityToken token;
};

std::optional<RealUserStatus> read_status(MemberReader& claim) {
    const auto number = claim.number("real_user_status");
    if (!number) {
        return std::nullopt;
    }
    if (*number < 0 || *number >= static_cast<std::int64_t>(statuses.size())) {
        claim.complain("real_user_status is not 0, 1 or 2");
        return std::nullopt;
    }
    return static_cast<RealUserStatus>(*number);
}

// Apple leaves the address empty for some managed accounts.
std::optional<common::Secret> read_email(MemberReader& claim) {
    const auto* const value = claim.find("email");
    if (value != nullptr && value->is_string() && value->get_ref<const std::string&>().empty()) {
        return std::nullopt;
    }
    auto text = claim.text("email");
    return text ? std::optional{common::Secret{*std::move(text)}} : std::nullopt;
}

std::optional<IdentityProblem> read_claims(std::string_view payload, Claims& claims) {
    const auto object = json_object(payload);
    if (!object) {
        return IdentityProblem{invalid::bad_claims, "the payload is not a JSON object, each name once"};
    }
    MemberReader claim{*object};
    claims.standard = read_standard_claims(claim);
    claim.require("exp");
    IdentityToken& token = claims.token;
    token.subject = claim.required_text("sub");
    token.issued_at = claims.standard.issued_at;
    token.expires_at = claims.standard.expires_at.value_or(common::WallTime{});
    if (auto nonce = claim.text("nonce")) {
        claims.nonce = common::Secret{*std::move(nonce)};
    }
    token.has_nonce = claims.nonce.has_value();
    token.nonce_supported = claim.flag("nonce_supported");
    token.email = read_email(claim);
    token.email_verified = claim.flag("email_verified");
    token.is_private_email = claim.flag("is_private_email");
    token.real_user_status = read_status(claim);
    token.transfer_subject = claim.text("transfer_sub");
    return claim.complaint() ? std::optional{IdentityProblem{invalid::bad_claims, *claim.complaint()}}
                             : std::nullopt;
}

std::optional<IdentityProblem> nonce_problem(
    const Claims& claims, const std::optional<common::Secret>& expected) {
    if (!expected || claims.nonce == expected) {
        return std::nullopt;
    }
    if (claims.nonce) {
        return IdentityProblem{invalid::wrong_nonce, "nonce is not the one of the request"};
    }
    if (claims.token.nonce_supported == false) {
        return std::nullopt;
    }
    return IdentityProblem{
        invalid::wrong_nonce, "there is no nonce, and the token does not say that the platform lacks it"};
}

}  // namespace

std::string_view real_user_status_name(RealUserStatus status) noexcept {
    return statuses.at(static_cast<std::size_t>(status));
}

Verification<IdentityToken> verify_identity_token(
    const UnverifiedToken& token, const KeySet& keys, const Rs256Check& check,
    const IdentityTokenRules& rules) {
    const RsaKey* const key = keys.find(token.key_id);
    if (key == nullptr) {
        return {{}, UnknownKey{}};
    }
    Claims claims;
    StepsTaken taken = take_steps({
        signature_step(token, *key, check),
        {"the claims are those of an identity token",
         [&] { return read_claims(token.jws.payload.expose(), claims); }},
        issuer_step(claims.standard, rules.issuer),
        audience_step(claims.standard, rules.audiences),
        issue_step(claims.standard, rules.at),
        expiry_step(claims.standard, rules.at),
        {rules.nonce ? "the nonce is the one of the request" : "no nonce was given to compare",
         [&] { return nonce_problem(claims, rules.nonce); }},
    });
    if (taken.problem) {
        return {std::move(taken.checks), *std::move(taken.problem)};
    }
    claims.token.audience = audience_of(claims.standard, rules.audiences);
    return {std::move(taken.checks), std::move(claims.token)};
}

}  // namespace core
