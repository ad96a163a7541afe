// Where a socket connects to.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

namespace adapters::http2 {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
    // "[::1]:443", for logs.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Address& one, const Address& other) noexcept;
};

// IPv6 and IPv4 in turn, each family in its own order, starting with the family of the first: when one family
// is broken on the way, every second attempt still works (the cheap half of RFC 8305).
[[nodiscard]] std::vector<Address> alternate_families(const std::vector<Address>& addresses);

}  // namespace adapters::http2
