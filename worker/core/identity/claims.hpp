// The part of verification that identity tokens and notifications share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "worker/core/identity/json_object.hpp"
#include "worker/core/identity/signed_token.hpp"

namespace core {

struct StandardClaims {
    std::string issuer;
    std::vector<std::string> audiences;
    common::WallTime issued_at{};
    std::optional<common::WallTime> expires_at;
};
[[nodiscard]] StandardClaims read_standard_claims(MemberReader& claim);

struct IdentityStep {
    std::string_view what;
    std::function<std::optional<IdentityProblem>()> problem;
};

// The first problem; what comes after it is not looked at.
struct StepsTaken {
    std::vector<IdentityCheck> checks;
    std::optional<IdentityProblem> problem;
};
[[nodiscard]] StepsTaken take_steps(const std::vector<IdentityStep>& steps);

[[nodiscard]] IdentityStep signature_step(
    const UnverifiedToken& token, const RsaKey& key, const Rs256Check& check);
[[nodiscard]] IdentityStep issuer_step(const StandardClaims& claims, std::string_view issuer);
[[nodiscard]] IdentityStep audience_step(
    const StandardClaims& claims, const std::vector<std::string>& audiences);
[[nodiscard]] IdentityStep issue_step(const StandardClaims& claims, common::WallTime at);
// Passes when there is no `exp`.
[[nodiscard]] IdentityStep expiry_step(const StandardClaims& claims, common::WallTime at);

// The first of our audiences that the claims name.
[[nodiscard]] std::string audience_of(
    const StandardClaims& claims, const std::vector<std::string>& audiences);

}  // namespace core
