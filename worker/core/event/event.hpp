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

enum class EventType : std::uint8_t { password_changed, opted_out, sign_in_flagged, deleted };

inline constexpr std::array event_types{
    EventType::password_changed, EventType::opted_out, EventType::sign_in_flagged, EventType::deleted};

// The CloudEvents `type`, for example "account.password-changed.v1".
[[nodiscard]] std::string_view type_name(EventType type) noexcept;

// A configured app: its place in Settings::apps.
using AppId = common::Strong<struct AppIdTag, std::uint32_t>;

struct SignInToken {
    common::Secret value;
    std::optional<common::Secret> replacement;

    friend bool operator==(const SignInToken&, const SignInToken&) = default;
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
    std::vector<SignInToken> sign_in_tokens;  // oldest value first
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
