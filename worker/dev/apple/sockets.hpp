// What the scripted Apple needs of the operating system and of OpenSSL before the first connection.
#pragma once

#include <cstdint>

#include "common/result.hpp"
#include "worker/dev/apple/openssl.hpp"
#include "worker/dev/apple/server.hpp"

namespace dev {

class Descriptor {
public:
    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    void reset(int fd) noexcept { fd_ = fd; }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

// A listening socket on 127.0.0.1 and the port that the kernel chose; -1: errno tells.
[[nodiscard]] int listen_on_loopback(std::uint16_t& port);

// TLS 1.2 or newer, and by ALPN what the options offer; they must outlive it. Error: a file of the
// certificates cannot be used.
[[nodiscard]] common::Result<SslCtxPtr> server_tls(const AppleServerOptions& options);

}  // namespace dev
