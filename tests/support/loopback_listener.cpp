#include "tests/support/loopback_listener.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test_support {

LoopbackListener::LoopbackListener() : fd_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, generic, size) == 0);
    REQUIRE(listen(fd_, 64) == 0);
    REQUIRE(getsockname(fd_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
}

LoopbackListener::~LoopbackListener() {
    close();
}

void LoopbackListener::interrupt() const noexcept {
    shutdown(fd_, SHUT_RDWR);
}

void LoopbackListener::close() noexcept {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

}  // namespace test_support
