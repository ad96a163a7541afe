// One connection to Apple: socket, TLS and HTTP/2 session, from the first address tried to the last answer.
//
//   connecting --> handshaking --> settling --> open --> (retired: finishing) --> closed
//        ^            |            |  (waits for the server's SETTINGS)
//        +------------+------------+  next address, whatever failed; the last failure closes
//
// A host may have an address that takes connections and completes none (a broken front end, a path that
// swallows large packets), so an address counts as reached when HTTP/2 is spoken there, not when TCP is.
//
// Time comes in by tick() alone; what happens in socket callbacks is dated at the next one.
// Ownership: of its socket. Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/adapters/http2/address.hpp"
#include "worker/adapters/http2/session.hpp"
#include "worker/adapters/http2/tls.hpp"
#include "worker/adapters/http2/url.hpp"
#include "worker/ports/readiness.hpp"
#include "worker/ports/transport_stats.hpp"

namespace adapters::http2 {

struct Timeouts {
    // More than the 5 s that glibc gives each of up to three nameservers. Only told; the question goes on.
    common::Duration resolve = std::chrono::seconds{20};
    // One address: for TCP; again for TLS and SETTINGS when there are more addresses.
    common::Duration address = std::chrono::milliseconds{2500};
    common::Duration establish = std::chrono::seconds{10};  // all addresses, TLS and SETTINGS
    common::Duration ping_busy = std::chrono::seconds{10};  // silence while answers are awaited
    common::Duration ping_idle = std::chrono::seconds{60};  // silence while nothing is
    common::Duration ping_answer = std::chrono::seconds{5};
    common::Duration age_max = std::chrono::minutes{30};
};

struct ConnectionSettings {
    Url url;
    SessionSettings session;
    Timeouts timeouts;
    const TlsContext* tls = nullptr;
};

class Connection {
public:
    enum class Phase : std::uint8_t { connecting, handshaking, settling, open, closed };

    struct FailedAddress {
        Address address;
        std::string problem;  // "[::1]:443: Connection refused"
    };

    // Requires at least one address; they are tried in order. `settings`, `ended` and `stats` outlive the
    // connection.
    Connection(
        const ConnectionSettings& settings, ports::Readiness& readiness, std::vector<Address> addresses,
        common::Duration age_max, std::vector<core::ExchangeEnded>& ended, ports::TransportStats& stats);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    // On the way to open.
    [[nodiscard]] bool opening() const noexcept { return phase_ < Phase::open; }
    // Open and taking requests.
    [[nodiscard]] bool usable() const noexcept { return phase_ == Phase::open && !session_->retired(); }
    [[nodiscard]] std::size_t streams_free() const noexcept {
        return usable() ? session_->streams_free() : 0;
    }
    [[nodiscard]] std::size_t streams_allowed() const noexcept {
        return session_ ? session_->streams_allowed() : 0;
    }
    [[nodiscard]] std::size_t alive() const noexcept { return session_ ? session_->alive() : 0; }
    [[nodiscard]] std::uint64_t answers() const noexcept { return session_ ? session_->answers() : 0; }

    // Requires streams_free() > 0. Bytes leave at flush() or tick().
    void submit(ports::OutgoingRequest request);
    void flush();
    // Deadlines, pings, age; then writes what reading has caused.
    void tick(common::Instant now);
    [[nodiscard]] common::Instant next_deadline() const noexcept;

    // Ends every exchange and closes the socket. Without effect when closed.
    void close(ports::ConnectionEnd end, std::string detail);

    // Addresses that did not work, or brought no answer until the end; each once.
    [[nodiscard]] std::vector<FailedAddress> take_failed_addresses() {
        return std::exchange(failed_addresses_, {});
    }

    // When closed: why (of several addresses: the one that came furthest), and what the library said.
    [[nodiscard]] ports::ConnectionEnd end() const noexcept { return end_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
    [[nodiscard]] bool certificate_refused() const noexcept { return certificate_refused_; }

private:
    void wipe_out();
    void try_next_address();
    void note_failure(ports::ConnectionEnd end, std::string_view problem);
    // What is open is closed; what is being opened goes on with the next address.
    void give_up(ports::ConnectionEnd end, std::string_view problem);
    void give_up_when_late(common::Instant now);
    [[nodiscard]] std::string problems() const;
    void on_ready(bool readable, bool writable);
    void connected();
    void handshake();
    void read();
    void drop_socket() noexcept;
    [[nodiscard]] std::string broken_protocol() const;
    void keep_alive(common::Instant now);
    void retire_when_due(common::Instant now);

    const ConnectionSettings& settings_;
    ports::Readiness& readiness_;
    std::vector<Address> addresses_;
    std::size_t address_next_ = 0;
    std::vector<FailedAddress> failed_addresses_;
    ports::ConnectionEnd furthest_ = ports::ConnectionEnd::connect_failed;
    bool certificate_refused_ = false;
    std::vector<core::ExchangeEnded>& ended_;
    ports::TransportStats& stats_;

    Phase phase_ = Phase::connecting;
    int fd_ = -1;
    std::optional<Tls> tls_;
    std::optional<Session> session_;
    std::vector<std::uint8_t> out_;
    std::size_t out_done_ = 0;
    bool dirty_ = false;    // the session may have something to say
    bool blocked_ = false;  // the socket is full
    bool more_to_read_ = false;

    common::Duration age_max_;
    std::optional<common::Instant> started_;          // first tick
    std::optional<common::Instant> address_started_;  // TCP, then TLS
    std::optional<common::Instant> opened_;
    common::Instant heard_at_{};
    bool heard_ = false;  // since the last tick
    std::optional<common::Instant> pinged_;
    std::optional<ports::ConnectionEnd> retired_for_;

    ports::ConnectionEnd end_ = ports::ConnectionEnd::shutdown;
    std::string detail_;
};

}  // namespace adapters::http2
