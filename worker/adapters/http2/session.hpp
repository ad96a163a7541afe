// One HTTP/2 connection without its socket: requests and received bytes in, ended exchanges and bytes to send
// out. Two of them, or one and any nghttp2 server session, can be tested against each other in memory.
//
//   submit() -> produce() -> [wire] -> consume() -> ExchangeEnded
//
// What an end means (the difference that matters is NotSent against Lost):
//   RST_STREAM(REFUSED_STREAM)             NotSent{refused_stream}
//   GOAWAY below our stream                NotSent{goaway}
//   never serialised                       NotSent{no_connection}
//   a status was seen, the rest is missing Answer with body_torn
//   anything else after serialising        Lost: deadline, reset (by the server, or the connection) or
//   protocol
// Serialised counts as sent, even if the bytes never left this process: erring on that side is safe.
//
// A timed-out stream is cancelled only within a small budget: servers take a burst of RST_STREAM for an
// attack. Beyond it the stream is abandoned on our side alone and the connection should be replaced
// (worn_out()).
//
// The authorization header is indexed by HPACK, although it is a secret: it repeats on every request, a
// repeat costs one byte instead of 190, and compression attacks need an attacker who chooses header text on
// this connection; nobody does, we are the only client on it.
//
// Ownership: owns its requests until they ended and wipes their secrets when they are on their way.
// Threads:   one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/ports/http_transport.hpp"

namespace adapters::http2 {

struct SessionSettings {
    std::string authority;
    std::string path_prefix;
    std::size_t streams_max = 1000;            // for servers that name no limit, and as our own
    std::uint64_t requests_max = 500'000'000;  // stream ids end at 2^30 requests
};

class Session {
public:
    // `ended` receives every exchange's end; it must outlive the session.
    Session(const SessionSettings& settings, std::vector<core::ExchangeEnded>& ended);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();  // exchanges still alive get no end: call abandon() first

    // The server's SETTINGS came: from now on its limit of streams is known and requests may go.
    [[nodiscard]] bool ready() const noexcept;
    // What the server allows at once, at most streams_max.
    [[nodiscard]] std::size_t streams_allowed() const noexcept;
    // How many submit() may follow now; 0 after GOAWAY or retire().
    [[nodiscard]] std::size_t streams_free() const noexcept;
    // Exchanges that have not ended.
    [[nodiscard]] std::size_t alive() const noexcept;

    // Requires streams_free() > 0.
    void submit(ports::OutgoingRequest request);

    // Received bytes. False: the connection is unusable, abandon() it.
    [[nodiscard]] bool consume(const std::uint8_t* bytes, std::size_t size);

    // Appends frames to `out` until it holds at least `enough` bytes or nothing is left. False as above.
    [[nodiscard]] bool produce(std::vector<std::uint8_t>& out, std::size_t enough);

    // Nothing more to say or hear: the connection can be closed.
    [[nodiscard]] bool over() const noexcept;

    // Ends exchanges whose deadline passed. next_deadline() is the earliest one.
    void expire(common::Instant now);
    [[nodiscard]] common::Instant next_deadline() const noexcept;

    void ping();
    // No more requests; those under way finish. say_goodbye() when they have.
    void retire() noexcept;
    void say_goodbye();
    // The connection is gone: ends every exchange as NotSent or Lost.
    void abandon();

    [[nodiscard]] bool retired() const noexcept;
    [[nodiscard]] bool goaway_received() const noexcept;
    [[nodiscard]] bool protocol_broken() const noexcept;
    // After that: what was wrong, in nghttp2's words; may be empty. Nothing of the server's is in it.
    [[nodiscard]] const std::string& protocol_problem() const noexcept;
    // Too many answers never came; see above.
    [[nodiscard]] bool worn_out() const noexcept;
    // requests_max is reached.
    [[nodiscard]] bool used_up() const noexcept;
    [[nodiscard]] std::uint64_t answers() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace adapters::http2
