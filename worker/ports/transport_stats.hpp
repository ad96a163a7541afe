// What an HTTP transport counts about its connections to one endpoint. Plain numbers: adapters/metrics reads
// them at scrape time, so that counting costs an increment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/time.hpp"

namespace ports {

// Why a connection ended, or was never made.
enum class ConnectionEnd : std::uint8_t {
    goaway,    // the server asked us to leave
    rotated,   // old enough, or its stream ids are used up
    timeouts,  // so many answers never came that it is better left
    silent,    // no answer to a keep-alive ping
    lost,      // closed or reset by the other side
    protocol,  // the server broke the protocol
    dns_failed,
    connect_failed,
    tls_failed,   // handshake, certificate
    not_offered,  // TLS is fine, but ALPN did not choose this transport's protocol
    shutdown,     // by us, at the end
};
inline constexpr std::array connection_ends{
    ConnectionEnd::goaway,      ConnectionEnd::rotated,        ConnectionEnd::timeouts,
    ConnectionEnd::silent,      ConnectionEnd::lost,           ConnectionEnd::protocol,
    ConnectionEnd::dns_failed,  ConnectionEnd::connect_failed, ConnectionEnd::tls_failed,
    ConnectionEnd::not_offered, ConnectionEnd::shutdown};

[[nodiscard]] constexpr std::string_view end_name(ConnectionEnd end) noexcept {
    constexpr std::array<std::string_view, connection_ends.size()> names{
        "goaway",     "rotated",        "timeouts",   "silent",      "lost",    "protocol",
        "dns_failed", "connect_failed", "tls_failed", "not_offered", "shutdown"};
    return names[static_cast<std::size_t>(end)];
}

struct TransportStats {
    std::size_t connections_open = 0;        // gauge: usable, draining ones included
    std::size_t connections_connecting = 0;  // gauge
    std::size_t exchanges_in_flight = 0;     // gauge: sent, answer outstanding
    std::size_t exchanges_waiting = 0;       // gauge: for a connection or a stream
    std::size_t streams_allowed = 0;         // gauge: last CapacityChanged; 0 until it is known
    std::uint64_t connections_opened = 0;    // became usable
    std::array<std::uint64_t, connection_ends.size()> connections_ended{};  // index: ConnectionEnd
    std::uint64_t goaways = 0;                                              // received
    std::uint64_t pings = 0;                                                // sent
    std::uint64_t bytes_sent = 0;                                           // before encryption
    std::uint64_t bytes_received = 0;
    // When the first certificate of the chain ends that the server showed last; none: not seen.
    std::optional<common::WallTime> certificate_ends{};
};

}  // namespace ports
