// The connections to one endpoint: opens them on demand, spreads requests over them, replaces them.
//
// Requests fill the first connection with a free stream; the next is opened when none has one. Those that
// wait are sorted by deadline. When no connection can be made, everything that waits ends as
// NotSent{no_connection} with each failed attempt; attempts are spaced by a growing, jittered backoff. Each
// begins with the address that failed longest ago, or never.
//
// A connection that takes no more requests (GOAWAY, age) finishes beside its replacement.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/prng.hpp"
#include "worker/adapters/http2/address_book.hpp"
#include "worker/adapters/http2/connection.hpp"
#include "worker/adapters/http2/notices.hpp"

namespace adapters::http2 {

struct PoolSettings {
    ConnectionSettings connection;
    std::size_t connections_max = 4;
};

class Pool {
public:
    // `look_up` asks for the addresses of the settings' host.
    Pool(
        PoolSettings settings, ports::Readiness& readiness, AddressBook::LookUp look_up, Notify notify,
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
    void note_failed_addresses(common::Instant now);

    PoolSettings settings_;
    ports::Readiness& readiness_;
    AddressBook book_;
    Notices notices_;
    common::Prng random_;
    std::vector<core::ExchangeEnded>& ended_;
    ports::TransportStats stats_;

    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<ports::OutgoingRequest> waiting_;
    std::optional<std::size_t> streams_a_connection_;  // as the server last said
    common::Instant not_before_ = common::Instant::min();
    int failures_ = 0;
    std::uint64_t opened_told_ = 0;
};

}  // namespace adapters::http2
