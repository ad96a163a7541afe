// A socket that listens on a free port of the loopback interface. As long as nobody accepts, the kernel takes
// the connections and no one ever says a word: a silent server.
#pragma once

#include <cstdint>

namespace test_support {

class LoopbackListener {
public:
    // Fails the test when the machine gives no port.
    LoopbackListener();
    LoopbackListener(const LoopbackListener&) = delete;
    LoopbackListener& operator=(const LoopbackListener&) = delete;
    ~LoopbackListener();

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    // Ends an accept() that waits in another thread; it and later ones fail.
    void interrupt() const noexcept;
    // From now on connections are refused.
    void close() noexcept;

private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace test_support
