// An HTTP proxy for CONNECT on loopback, as small as can be: one connection at a time, which is enough for a
// transport that is allowed one.
//
// Threads: one of its own; stops and joins in the destructor.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/loopback_listener.hpp"

namespace transport_test {

class ConnectProxy {
public:
    // `refusal`: the status line it answers instead of letting through; empty: it lets through.
    explicit ConnectProxy(std::string refusal = {});
    ConnectProxy(const ConnectProxy&) = delete;
    ConnectProxy& operator=(const ConnectProxy&) = delete;
    ~ConnectProxy();

    [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }
    // What it was asked, each a whole head: the request line and the headers.
    [[nodiscard]] std::vector<std::string> heads() const;

private:
    void run();
    void serve(int client);

    std::string refusal_;
    test_support::LoopbackListener listener_;
    int stop_ = -1;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    std::thread thread_;
};

}  // namespace transport_test
