// How one attempt to talk to Apple ended on the wire. What that means for the command is decided in
// classify.hpp.
//
// The difference that matters: NotSent is free to repeat, Lost may have been executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/time.hpp"

namespace core {

struct Answer {
    int status = 0;
    std::optional<std::string> retry_after{};  // the header's text
    std::optional<std::string> content_type{};
    std::optional<common::WallTime> date{};  // Apple's clock, when the answer carried one
    std::string body{};                      // at most answer_body_bytes_max
    bool body_torn = false;                  // the stream ended inside the body, or the body was cut
};

// The request certainly did not reach the application behind the connection.
enum class NotSentReason : std::uint8_t {
    refused_stream,           // RST_STREAM(REFUSED_STREAM)
    goaway,                   // our stream id is above the last one the server took
    no_connection,            // DNS, connect, TLS handshake, ALPN
    deadline_before_sending,  // the deadline passed while it waited for a connection or a stream
    no_credential,            // nothing to sign with: the key file is missing or unreadable
};
[[nodiscard]] std::string_view reason_name(NotSentReason reason) noexcept;

struct NotSent {
    NotSentReason reason = NotSentReason::no_connection;
};

// Bytes were sent and no (whole) answer came back.
enum class LostReason : std::uint8_t {
    deadline,  // no answer in time; it may still arrive at Apple late
    reset,     // RST_STREAM or connection lost while waiting
    protocol,  // the server broke the protocol
};
[[nodiscard]] std::string_view reason_name(LostReason reason) noexcept;

struct Lost {
    LostReason reason = LostReason::deadline;
};

using Exchange = std::variant<Answer, NotSent, Lost>;

inline constexpr std::size_t answer_body_bytes_max = 16 * 1024;

}  // namespace core
