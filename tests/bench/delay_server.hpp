// A server that answers every request with 204, exactly `delay` later: TLS, HTTP/2, nothing else. It costs
// little enough to leave the worker room on the same machine, which the scripted Apple does not.
//
// A process of its own, forked from the caller: start it before the caller has threads.
// Errors: what keeps it from starting ends the program with a message.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "worker/dev/apple/certificates.hpp"

namespace bench {

class DelayServer {
public:
    explicit DelayServer(const dev::Certificates& certificates);
    DelayServer(const DelayServer&) = delete;
    DelayServer& operator=(const DelayServer&) = delete;
    ~DelayServer();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    // Of requests from now on; set it while none is under way, since they are answered in order.
    void delay(std::chrono::nanoseconds delay) noexcept { shared_->delay_ns = delay.count(); }
    // Whole requests received since the start.
    [[nodiscard]] std::uint64_t requests() const noexcept { return shared_->requests; }
    // Received and not answered yet.
    [[nodiscard]] std::uint64_t in_flight() const noexcept { return shared_->requests - shared_->answers; }

    struct Shared {
        std::atomic<std::int64_t> delay_ns{0};
        std::atomic<std::uint64_t> requests{0};
        std::atomic<std::uint64_t> answers{0};  // or given up, because the client was gone
    };

private:
    Shared* shared_;
    std::uint16_t port_ = 0;
    pid_t child_ = -1;
};

}  // namespace bench
