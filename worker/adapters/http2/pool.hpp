// The connections to one endpoint: opens them on demand, spreads requests over them, replaces them.
//
// Requests fill the first connection with a free stream; the next is opened when none has one. Those that
// wait are sorted by deadline. When no connection can be made, everything that waits ends as
// NotSent{no_connection} with each failed attempt; attempts are spaced by a growing, jittered backoff.
//
// A connection that takes no more requests (GOAWAY, age) finishes beside its replacement.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/prng.hpp"
#include "worker/adapters/http2/connection.hpp"
#include "worker/adapters/http2/notices.hpp"
#include "worker/adapters/http2/resolver.hpp"

namespace adapters::http2 {

struct PoolSettings {
    ConnectionSettings connection;
    std::size_t connections_max = 4;
};

class Pool {
public:
    Pool(
        PoolSettings settings, ports::Readiness& readiness, Resolver& resolver, Notify notify,
        std::uint64_t seed, std::vector<core::ExchangeEnded>& ended);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void send(ports::OutgoingRequest request);
    void flush();
    // Everything that depends on time or on what sockets brought.
    void tick(common::Instant now);
    [[nodiscard]] common::Instant next_deadline() const;

    // Streams that may be in flight over all connections this pool has or may open; none before the first
    // SETTINGS.
    [[nodiscard]] std::optional<std::size_t> capacity() const;
    // The last TLS handshake worked, but the server does not speak h2.
    [[nodiscard]] bool lacks_h2() const noexcept { return lacks_h2_; }
    // Gauges are brought up to date.
    [[nodiscard]] const ports::TransportStats& stats();

private:
    [[nodiscard]] Connection* with_free_stream();
    void wait_in_line(ports::OutgoingRequest request);
    void dispatch();
    void expire_waiting(common::Instant now);
    void bury_closed(common::Instant now);
    void attempt_failed(common::Instant now);
    [[nodiscard]] std::size_t usable() const;
    [[nodiscard]] std::size_t opening() const;
    [[nodiscard]] bool needs_connection() const;
    void open_connection(common::Instant now);
    void resolved(std::uint64_t question, Resolver::Addresses addresses);

    PoolSettings settings_;
    ports::Readiness& readiness_;
    Resolver& resolver_;
    Notices notices_;
    common::Prng random_;
    std::vector<core::ExchangeEnded>& ended_;
    ports::TransportStats stats_;

    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<ports::OutgoingRequest> waiting_;
    std::optional<std::size_t> streams_a_connection_;  // as the server last said
    std::optional<common::Instant> resolving_since_;
    std::uint64_t question_ = 0;  // late answers of the resolver belong to older ones
    std::optional<std::string> resolve_problem_;
    std::vector<Address> addresses_;  // fresh, for the next connection
    common::Instant not_before_ = common::Instant::min();
    int failures_ = 0;
    std::uint64_t opened_told_ = 0;
    bool lacks_h2_ = false;
};

}  // namespace adapters::http2
