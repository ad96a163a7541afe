// What Apple signs with a key of its key set: identity tokens and server-to-server notifications. First it is
// read without trust, to learn which key it needs; then it is verified, step by step.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/time.hpp"
#include "worker/core/identity/compact_jws.hpp"
#include "worker/core/identity/key_set.hpp"
#include "worker/core/identity/problem.hpp"

namespace core {

inline constexpr std::string_view apple_issuer = "https://appleid.apple.com";
// How far Apple's clock may seem to be ahead of ours.
inline constexpr std::chrono::minutes issued_ahead_max{5};

struct UnverifiedToken {
    std::string key_id;  // anybody can have written it
    CompactJws jws;
};

// Refuses everything but RS256, whatever key is named: a header must not choose how it is checked.
[[nodiscard]] std::variant<UnverifiedToken, IdentityProblem> read_signed_token(std::string_view jws);

// The key set does not hold the key: fetch it again, since keys rotate, and refuse the token if that does not
// help (invalid::unknown_key_id).
struct UnknownKey {};

// One thing that was looked at, in the order in which they were.
struct IdentityCheck {
    enum class End : std::uint8_t { passed, failed, not_reached };
    std::string_view what;  // "the audience is one of ours"
    End end = End::not_reached;
};

template <class Verified>
struct Verification {
    std::vector<IdentityCheck> checks;
    std::variant<Verified, UnknownKey, IdentityProblem> result;
};

}  // namespace core
