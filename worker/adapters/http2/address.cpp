#include "worker/adapters/http2/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstring>

namespace adapters::http2 {

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (family() == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
        return fmt::format("[{}]:{}", host.data(), ntohs(v6.sin6_port));
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
    return fmt::format("{}:{}", host.data(), ntohs(v4.sin_port));
}

bool operator==(const Address& one, const Address& other) noexcept {
    return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
}

std::vector<Address> alternate_families(const std::vector<Address>& addresses) {
    std::array<std::vector<Address>, 2> families;
    for (const Address& address : addresses) {
        families.at(address.family() == addresses.front().family() ? 0 : 1).push_back(address);
    }
    std::vector<Address> alternating;
    for (std::size_t at = 0; at < addresses.size(); ++at) {
        for (const auto& family : families) {
            if (at < family.size()) {
                alternating.push_back(family[at]);
            }
        }
    }
    return alternating;
}

}  // namespace adapters::http2
