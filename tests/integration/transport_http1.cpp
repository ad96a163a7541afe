// The conformance suite for HTTP/1.1, and what only libcurl's transport has: a proxy.
#include <doctest/doctest.h>

#include "tests/integration/connect_proxy.hpp"
#include "tests/integration/transport_world.hpp"
#include "worker/adapters/http1/http1_transport.hpp"

namespace transport_test {

namespace {

adapters::http1::Endpoint endpoint_of(const TransportOptions& options) {
    adapters::http1::Endpoint endpoint;
    endpoint.base_url = options.base_url;
    endpoint.ca_file = options.ca_file;
    endpoint.connections_max = options.connections_max;
    endpoint.connect_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(options.establish);
    return endpoint;
}

}  // namespace

std::unique_ptr<ports::HttpTransport> make_transport(
    const TransportOptions& options, ports::Readiness& readiness, Notify notify) {
    auto made = adapters::http1::Http1Transport::create({endpoint_of(options)}, readiness, notify);
    REQUIRE(made);
    return std::move(*made);
}

ports::TransportStats stats_of(const ports::HttpTransport& transport) {
    return dynamic_cast<const adapters::http1::Http1Transport&>(transport).stats(core::EndpointId{});
}

bool speaks_http2() {
    return false;
}

}  // namespace transport_test

namespace {

using transport_test::ConnectProxy;
using transport_test::TransportOptions;
using transport_test::World;
using namespace std::chrono_literals;

ports::TransportStats stats(World& world) {
    return transport_test::stats_of(*world.transport);
}

std::uint64_t ended(World& world, ports::ConnectionEnd end) {
    return stats(world).connections_ended.at(static_cast<std::size_t>(end));
}

// From now on through this proxy.
void use_proxy(World& world, const std::string& proxy) {
    adapters::http1::Endpoint endpoint = transport_test::endpoint_of(world.defaults);
    endpoint.proxy = proxy;
    endpoint.connections_max = 1;
    auto made = adapters::http1::Http1Transport::create(
        {endpoint}, world.reactor, [&world](const core::Say& line) { world.notices.push_back(line); });
    REQUIRE(made);
    world.transport = std::move(*made);
}

}  // namespace

TEST_CASE("http1: connections are counted from the first socket to the last") {
    World world;
    CHECK(world.ask(1) == "401");
    CHECK(world.ask(2) == "401");
    CHECK(stats(world).connections_opened == 1);
    CHECK(stats(world).connections_open == 1);
    CHECK(stats(world).connections_connecting == 0);
    CHECK(stats(world).bytes_sent > 2 * 100);
    CHECK(stats(world).bytes_received > 2 * 100);
    world.script({{.kind = sim::FaultKind::close_executed}});
    CHECK(world.ask(3) == "lost: reset");
    // Two: libcurl made a new connection to repeat the request on, and was stopped.
    CHECK(ended(world, ports::ConnectionEnd::lost) == 2);
    CHECK(stats(world).connections_open == 0);
    world.script({{.kind = sim::FaultKind::stall}});
    CHECK(world.ask(4, 100ms) == "lost: deadline");
    CHECK(ended(world, ports::ConnectionEnd::timeouts) == 1);
    CHECK(stats(world).connections_opened == 3);
    CHECK(stats(world).exchanges_in_flight == 0);
}

TEST_CASE("http1: a connection that cannot be made is told with its reason") {
    World world;
    struct Row {
        const char* because;
        std::string base_url;
        const char* event;
        ports::ConnectionEnd end;
    };
    transport_test::Folder elsewhere;
    auto other = dev::write_certificates(elsewhere.path(), {.host = "other.example"});
    REQUIRE(other);
    const Row rows[] = {
        {"nobody listens", "https://localhost:1", "http1_connect_failed",
         ports::ConnectionEnd::connect_failed},
        {"no such host", "https://no-such-host.invalid", "http1_dns_failed",
         ports::ConnectionEnd::dns_failed},
        {"another CA", world.defaults.base_url, "http1_certificate_refused",
         ports::ConnectionEnd::tls_failed},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            TransportOptions options = world.defaults;
            options.base_url = row.base_url;
            if (std::string_view{row.event} == "http1_certificate_refused") {
                options.ca_file = other->ca_file.string();
            }
            world.use_transport(options);
            CHECK(world.ask(1) == "not sent: no_connection");
            CHECK(world.ask(2) == "not sent: no_connection");
            CHECK(world.told(row.event) == 1);
            CHECK(world.notices.size() == 1);
            CHECK(ended(world, row.end) == 2);
            CHECK(stats(world).connections_opened == 0);
        }
    }
}

TEST_CASE("http1: through a proxy, which learns the host and nothing else") {
    World world;
    const ConnectProxy proxy;
    use_proxy(world, "http://user:secret-word@127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(world.ask(1) == "401");
    CHECK(world.ask(2) == "401");
    CHECK(world.requests_at_apple() == 2);
    const std::vector<std::string> heads = proxy.heads();
    REQUIRE(heads.size() == 1);
    CHECK(heads.front().starts_with("CONNECT localhost:"));
    CHECK(heads.front().find("Proxy-Authorization: Basic") != std::string::npos);
    CHECK(heads.front().find("Bearer") == std::string::npos);
    CHECK(heads.front().find("not-a-real") == std::string::npos);
    CHECK(world.answer(1).date.has_value());
}

TEST_CASE("http1: a proxy that refuses means not sent, and the notice says what to look at") {
    World world;
    const ConnectProxy proxy{"HTTP/1.1 407 Proxy Authentication Required"};
    use_proxy(world, "http://user:secret-word@127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(world.ask(1) == "not sent: no_connection");
    CHECK(world.told("http1_proxy_refused") == 1);
    for (const core::Say& line : world.notices) {
        CHECK(line.message.find("secret-word") == std::string::npos);
    }
    CHECK(world.requests_at_apple() == 0);
}
