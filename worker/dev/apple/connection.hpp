// One TLS connection of the server: socket, handshake, ALPN, and the protocol that was chosen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "worker/dev/apple/openssl.hpp"
#include "worker/dev/apple/protocol.hpp"

namespace dev {

class Connection {
public:
    // Called once, after the handshake; none: this protocol is not served.
    using MakeProtocol = std::function<std::unique_ptr<Protocol>(bool http2)>;

    // Owns `fd` (non-blocking).
    Connection(int fd, SSL_CTX& tls, MakeProtocol make_protocol);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // Reads, answers and writes as far as the socket allows, within bounds. False: close it (destroy this).
    [[nodiscard]] bool drive();
    // There may be more to read without the socket saying so.
    [[nodiscard]] bool more() const noexcept { return more_; }
    // Bytes wait for room in the socket.
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    [[nodiscard]] bool handshaken() const noexcept { return protocol_ != nullptr; }
    [[nodiscard]] int fd() const noexcept { return fd_; }

    // Null until the handshake is over.
    [[nodiscard]] Protocol* protocol() const noexcept { return protocol_.get(); }

private:
    enum class Step : std::uint8_t { done, wait, failed };
    [[nodiscard]] Step shake_hands();
    [[nodiscard]] bool read();
    [[nodiscard]] bool write();

    int fd_;
    SslPtr ssl_;
    MakeProtocol make_protocol_;
    std::unique_ptr<Protocol> protocol_;
    std::vector<std::uint8_t> out_;
    std::size_t sent_ = 0;
    bool more_ = false;
    bool blocked_ = false;
    bool no_more_reading_ = false;
};

}  // namespace dev
