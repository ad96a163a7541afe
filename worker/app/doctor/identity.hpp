// Checks of Sign in with Apple: every client's secret, and Apple's key set.
//
// Each client revokes a fresh random token that nobody was ever given. Apple answers 200 to it, as to any
// token that is not valid, once the client's secret is accepted.
#pragma once

#include "worker/app/doctor/finding.hpp"
#include "worker/app/sign_in_with_apple/service.hpp"

namespace app::doctor {

[[nodiscard]] Finding judge_client(
    const ClientConfig& client, const identity::Reply<identity::Revoked>& reply);
[[nodiscard]] Finding judge_key_set(const identity::Reply<identity::FetchedKeys>& reply);

// Asks Apple, one question after another, each with the configured request timeout; after one without an
// answer no more are asked. Nothing without clients.
[[nodiscard]] Findings check_identity(const Config& config);

}  // namespace app::doctor
