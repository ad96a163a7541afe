// A transport that is aimed at a server which misbehaves, and what has to be true afterwards: an end in time,
// memory that did not grow, one log line with the reason, and the same reason counted.
#pragma once

#include <string_view>

#include "tests/integration/hostile_server.hpp"
#include "tests/integration/transport_world.hpp"

namespace transport_test {

class HostileWorld {
public:
    // `establish`: how long a connection may take to be made, TLS and all.
    explicit HostileWorld(
        Misbehaviour misbehaviour, const dev::CertificateFlaws& flaws = {},
        common::Duration establish = std::chrono::seconds{10});

    // How one request ended; fails the test when that was not within its time.
    std::string ask(common::Duration timeout);

    // One line with that event was written; it is about `reason` and holds `words`, and no secret.
    void told(std::string_view event, ports::ConnectionEnd reason, std::string_view words);
    [[nodiscard]] std::uint64_t ended(ports::ConnectionEnd reason);
    // What the process holds more than before ask(), at its highest.
    [[nodiscard]] bool memory_is_bounded();

    World world;
    HostileServer server;

private:
    std::uint64_t requests_ = 0;
    long resident_before_ = 0;
};

}  // namespace transport_test
