// What happened to an account, decoded from a record. See schemas/README.md for the contract.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/secret.hpp"
#include "common/strong.hpp"
#include "common/time.hpp"

namespace core {

enum class EventType : std::uint8_t {
    password_changed,
    opted_out,
    sign_in_flagged,
    deleted,
    session_ended,
    session_check,
    notification,
};

inline constexpr std::array event_types{
    EventType::password_changed, EventType::opted_out,     EventType::sign_in_flagged, EventType::deleted,
    EventType::session_ended,    EventType::session_check, EventType::notification};

// The CloudEvents `type`, for example "account.password-changed.v1".
[[nodiscard]] std::string_view type_name(EventType type) noexcept;

// A configured app, as events name it: its place in the configuration.
using AppId = common::Strong<struct AppIdTag, std::uint32_t>;
// A configured credential at one of Apple's APIs: its place in Settings::credentials.
using CredentialId = common::Strong<struct CredentialIdTag, std::uint32_t>;
// An app's own credential at the Automatic Sign-In API: these come first.
[[nodiscard]] constexpr CredentialId credential_of(AppId app) noexcept {
    return CredentialId{app.value};
}

// Which of a Sign in with Apple session's tokens is named.
enum class SessionToken : std::uint8_t { refresh, access };

struct SignInToken {
    common::Secret value;
    std::optional<common::Secret> replacement;

    friend bool operator==(const SignInToken&, const SignInToken&) = default;
};

// A Sign in with Apple session, named by one of its tokens.
struct Session {
    CredentialId client;
    common::Secret token;
    SessionToken kind = SessionToken::refresh;

    friend bool operator==(const Session&, const Session&) = default;
};

// Apple's own notification, forwarded untouched.
struct SignedNotification {
    common::Secret payload;  // a compact JWS that nobody has verified yet
    CredentialId keyless;    // with which Apple's key set is fetched

    friend bool operator==(const SignedNotification&, const SignedNotification&) = default;
};

// The CloudEvents attributes that a record carries, as far as they could be read: an invalid event may lack
// any.
struct Envelope {
    std::string id;
    std::string source;
    std::string subject;      // the account, pseudonymous
    std::string traceparent;  // W3C trace context, empty when absent or malformed
    std::optional<EventType> type;
    std::optional<common::WallTime> time;
};

struct Event {
    std::string id;
    std::string source;
    std::string subject;
    std::string traceparent;
    EventType type = EventType::password_changed;
    common::WallTime time{};
    AppId app;
    std::vector<SignInToken> sign_in_tokens{};  // oldest value first
    std::vector<Session> sessions{};  // to end or to check; empty where the type says nothing of them
    std::optional<SignedNotification> notification{};
    bool key_is_subject = true;  // false: order across partitions is not guaranteed for this account
};

// Why a record is not an event. `code` is for machines, `pointer` (RFC 6901) says where, `sentence` is for
// people and contains no value from the payload.
struct Invalid {
    std::string_view code;  // one of invalid_codes
    std::string pointer;
    std::string sentence;
    Envelope envelope;
};

using Decoded = std::variant<Event, Invalid>;

}  // namespace core
