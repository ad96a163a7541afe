// What `sign-in-with-apple` prints: for a person, or one JSON object for a script. Secrets are shown only
// when `reveal` says so; else it is said how long they are.
#pragma once

#include <string>
#include <vector>

#include "worker/app/sign_in_with_apple/advice.hpp"
#include "worker/app/sign_in_with_apple/service.hpp"
#include "worker/core/identity/identity_token.hpp"
#include "worker/core/identity/notification.hpp"

namespace app::identity {

enum class Format : std::uint8_t { text, json };

[[nodiscard]] std::string rendered(const core::TokenResponse& tokens, Format format, bool reveal);
[[nodiscard]] std::string rendered(const core::KeySet& keys, Format format);
// The text tells the causes in order; the JSON has them as a list.
[[nodiscard]] std::string rendered(
    int status, const core::ErrorResponse& said, Question question, Format format);

// Each check with its end, then what the token says if it is taken.
[[nodiscard]] std::string rendered(
    const core::Verification<core::IdentityToken>& verification, Format format, bool reveal);
[[nodiscard]] std::string rendered(
    const core::Verification<core::Notification>& verification, Format format, bool reveal);

}  // namespace app::identity
