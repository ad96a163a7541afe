// Apple's APIs as data: which calls there are, how each is addressed and encoded, and where its credential
// goes. A call more is a row more; the engine, the gates and the breakers do not know which API they serve.
//
// Sources: Automatic Sign-In API 1.0; Sign in with Apple REST API (apple-apis sections 1.1, 3.1, 3.3, 3.4).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace core {

enum class Api : std::uint8_t { automatic_sign_in, sign_in_with_apple };
inline constexpr std::array apis{Api::automatic_sign_in, Api::sign_in_with_apple};
// "automatic_sign_in" or "sign_in_with_apple", in metrics, logs and receipts.
[[nodiscard]] std::string_view api_name(Api api) noexcept;

// One kind of call. The order is that of the APIs and of the kinds of credentials; a kind's calls are
// neighbours.
enum class Action : std::uint8_t {
    update,   // a sign-in token
    erase,    // a sign-in token
    revoke,   // a Sign in with Apple session
    check,    // whether a session's refresh token is still valid
    key_set,  // with which Apple's own notifications are verified
};
inline constexpr std::array actions{
    Action::update, Action::erase, Action::revoke, Action::check, Action::key_set};

// "update", "delete", "revoke", "check" or "key_set".
[[nodiscard]] std::string_view action_name(Action action) noexcept;

// What a credential is, and so which calls it makes.
enum class CredentialKind : std::uint8_t {
    app,      // an app's bearer JWT
    client,   // a Sign in with Apple client's secret
    keyless,  // nothing: what anybody may read
};
[[nodiscard]] Api api_of(CredentialKind kind) noexcept;
// Neighbours, in the order of `actions`.
[[nodiscard]] std::span<const Action> actions_of(CredentialKind kind) noexcept;

enum class CredentialPlace : std::uint8_t {
    authorization_header,  // the credential is the header's whole value
    client_secret_field,   // the last field of the form; a JWT needs no percent-encoding
    nowhere,
};

// Sessions have lanes of their own: nothing about a sign-in token depends on them.
[[nodiscard]] constexpr bool asks_about_session(Action action) noexcept {
    return action == Action::revoke || action == Action::check;
}

struct Call {
    CredentialKind made_by = CredentialKind::app;
    std::string_view method = "POST";
    std::string_view path{};
    std::string_view content_type{};  // empty: the request has no body
    CredentialPlace credential = CredentialPlace::authorization_header;
};
[[nodiscard]] const Call& call_of(Action action) noexcept;

}  // namespace core
