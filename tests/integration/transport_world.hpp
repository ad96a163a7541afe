// The scripted Apple on loopback, a loop and one HTTP transport: what the conformance suite of the transports
// runs in. Every transport's test program brings its own make_transport() and shares the rest.
//
// No app key is registered at this Apple until sign_requests(): a request that nothing befalls is answered
// with 401.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/transport_folder.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/dev/apple/server.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/transport_stats.hpp"

namespace transport_test {

struct TransportOptions {
    std::string base_url{};
    std::string ca_file{};  // the only CAs that are trusted
    std::size_t connections_max = 2;
    common::Duration age_max = std::chrono::minutes{30};
    common::Duration ping_idle = std::chrono::minutes{1};
    common::Duration establish = std::chrono::seconds{10};  // a connection, TLS and all
};

using Notify = std::function<void(core::Say)>;

// Brought by each transport.
[[nodiscard]] std::unique_ptr<ports::HttpTransport> make_transport(
    const TransportOptions& options, ports::Readiness& readiness, Notify notify);
[[nodiscard]] ports::TransportStats stats_of(const ports::HttpTransport& transport);
// HTTP/1.1 has no streams: what HTTP/2 can tell apart from a lost answer is a lost answer there.
[[nodiscard]] bool speaks_http2();

// "401", "503 torn", "not sent: goaway", "lost: deadline"
[[nodiscard]] std::string text_of(const core::Exchange& exchange);

class World {
public:
    explicit World(dev::AppleServerOptions options = {}, TransportOptions transport = {});

    void script(std::vector<sim::Fault> faults);
    // From now on requests carry a JWT that this Apple accepts.
    void sign_requests();
    void send(std::uint64_t id, common::Duration timeout = std::chrono::seconds{20});
    // Turns the loop until the exchange ended; "open" when that takes half a minute, which is a failure.
    std::string await(std::uint64_t id);
    std::string ask(std::uint64_t id, common::Duration timeout = std::chrono::seconds{20});
    // Turns the loop until `done`; false after half a minute.
    bool turn_until(const std::function<bool()>& done);

    [[nodiscard]] const core::Answer& answer(std::uint64_t id) const;
    [[nodiscard]] std::size_t told(std::string_view event) const;
    [[nodiscard]] std::uint64_t requests_at_apple();

    // Made as needed: tests replace the transport to aim it elsewhere.
    void use_transport(TransportOptions options);

    Folder folder;
    dev::Certificates certificates;
    std::unique_ptr<dev::AppleServer> server;
    adapters::reactor::Reactor reactor{adapters::reactor::Signals::leave};
    adapters::reactor::SystemClock clock;
    std::vector<core::Say> notices;
    TransportOptions defaults;
    std::unique_ptr<ports::HttpTransport> transport;
    std::map<std::uint64_t, std::vector<core::Exchange>> ended;
    std::size_t capacity = 0;

private:
    void turn(common::Instant until);

    common::Secret authorization_{"Bearer not-a-real-jwt"};
};

}  // namespace transport_test
