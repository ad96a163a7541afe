// A TLS server on loopback that misbehaves as it is told: the scripted Apple's faults keep to the protocols,
// these do not. One connection at a time.
//
//   accept -> [stall] -> handshake -> greeting -> waits for a request -> answer, once or for ever -> holds
//
// Threads:   one of its own; every method may be called from any thread.
// Ownership: stops and joins in the destructor, whatever the connection does.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/loopback_listener.hpp"
#include "worker/dev/apple/certificates.hpp"

namespace transport_test {

struct Misbehaviour {
    bool tls_1_1 = false;          // that alone
    std::string instead_of_tls{};  // sent in the clear after the first bytes of the client, which then waits
    std::string greeting{};        // after the handshake
    std::string answer{};          // after the head of the first request
    std::string for_ever{};        // then this, again and again
    bool hangs_up = false;         // then it closes
};

class HostileServer {
public:
    // `protocol`: what ALPN chooses, "h2" or "http/1.1".
    HostileServer(const dev::Certificates& certificates, std::string protocol, Misbehaviour misbehaviour);
    HostileServer(const HostileServer&) = delete;
    HostileServer& operator=(const HostileServer&) = delete;
    ~HostileServer();

    [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(listener_.port()); }
    // Whole heads of requests, ever.
    [[nodiscard]] int requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

private:
    void serve();
    void misbehave(int fd);

    const dev::Certificates certificates_;
    const std::string protocol_;
    const Misbehaviour misbehaviour_;
    test_support::LoopbackListener listener_;
    std::mutex mutex_;
    int connection_ = -1;  // guarded by mutex_, so that nobody shuts down a number that is another's by now
    std::atomic<bool> stopping_{false};
    std::atomic<int> requests_{0};
    std::atomic<std::uint64_t> bytes_sent_{0};
    std::thread thread_;
};

// `part`, so many times.
[[nodiscard]] std::string many(const std::string& part, int times);

// A frame of HTTP/2 (RFC 9113 section 4.1); `size` when the length shall not be the payload's.
[[nodiscard]] std::string h2_frame(
    std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const std::string& payload, int size = -1);

}  // namespace transport_test
