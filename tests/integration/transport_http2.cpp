// The conformance suite for HTTP/2, and what only HTTP/2 has: streams, SETTINGS, GOAWAY, PING.
#include <doctest/doctest.h>

#include "tests/integration/transport_world.hpp"
#include "worker/adapters/auth/certificate_file.hpp"
#include "worker/adapters/http2/http2_transport.hpp"

namespace transport_test {

std::unique_ptr<ports::HttpTransport> make_transport(
    const TransportOptions& options, ports::Readiness& readiness, Notify notify) {
    adapters::http2::Endpoint endpoint;
    endpoint.base_url = options.base_url;
    endpoint.ca_file = options.ca_file;
    endpoint.system_cas = false;
    endpoint.connections_max = options.connections_max;
    endpoint.timeouts.age_max = options.age_max;
    endpoint.timeouts.ping_idle = options.ping_idle;
    endpoint.timeouts.establish = options.establish;
    auto made = adapters::http2::Http2Transport::create({endpoint}, readiness, std::move(notify), 1);
    REQUIRE(made);
    return std::move(*made);
}

ports::TransportStats stats_of(const ports::HttpTransport& transport) {
    return dynamic_cast<const adapters::http2::Http2Transport&>(transport).stats(core::EndpointId{});
}

bool speaks_http2() {
    return true;
}

}  // namespace transport_test

namespace {

using sim::Fault;
using sim::FaultKind;
using transport_test::TransportOptions;
using transport_test::World;
using namespace std::chrono_literals;

ports::TransportStats stats(World& world) {
    return transport_test::stats_of(*world.transport);
}

std::uint64_t ended(World& world, ports::ConnectionEnd end) {
    return stats(world).connections_ended.at(static_cast<std::size_t>(end));
}

}  // namespace

TEST_CASE("http2: when the server's chain ends is known from the first handshake on") {
    World world;
    CHECK_FALSE(stats(world).certificate_ends);
    CHECK(world.ask(1) == "401");
    const auto ca = auth::certificate_ends(world.defaults.ca_file);
    REQUIRE(ca);
    REQUIRE(stats(world).certificate_ends);
    // Made one after the other, to last as long.
    CHECK(*stats(world).certificate_ends <= *ca + 2s);
    CHECK(*stats(world).certificate_ends >= *ca - 2s);
}

TEST_CASE("http2: the server's limit of streams is obeyed, reported and followed when it changes") {
    World world{{.streams_max = 2}, {.connections_max = 3}};
    Fault stall;
    stall.kind = FaultKind::stall;
    world.script({stall});
    for (std::uint64_t id = 1; id <= 10; ++id) {
        world.send(id);
    }
    world.transport->flush();
    REQUIRE(world.turn_until([&] { return world.requests_at_apple() == 6; }));
    CHECK(world.capacity == 6);
    CHECK(stats(world).connections_open == 3);
    CHECK(stats(world).exchanges_in_flight == 6);
    CHECK(stats(world).exchanges_waiting == 4);
    world.server->allow_streams(0);
    REQUIRE(world.turn_until([&] { return world.capacity == 0; }));
    world.server->allow_streams(100);
    REQUIRE(world.turn_until([&] { return world.requests_at_apple() == 10; }));
    CHECK(world.capacity == 300);
}

TEST_CASE("http2: GOAWAY hands over: what is under way is answered, what is new goes elsewhere") {
    World world;
    Fault slow;
    slow.kind = FaultKind::delay_answer;
    slow.delay = 150ms;
    world.script({slow});
    for (std::uint64_t id = 1; id <= 20; ++id) {
        world.send(id);
    }
    world.transport->flush();
    REQUIRE(world.turn_until([&] { return world.requests_at_apple() == 20; }));
    world.server->go_away();
    world.script({});
    // The frame is on its way while these are sent; how many of them still meet the old connection is the
    // machine's business, but what does was certainly not processed.
    std::uint64_t id = 21;
    for (; stats(world).connections_opened == 1 && id < 10'000; ++id) {
        const std::string end = world.ask(id);
        const bool good = end == "401" || end == "not sent: goaway";
        CHECK(good);
    }
    const std::string end = world.ask(id);
    CHECK(end == "401");
    for (std::uint64_t early = 1; early <= 20; ++early) {
        CHECK(world.await(early) == "401");
    }
    CHECK(stats(world).connections_opened == 2);
    REQUIRE(world.turn_until([&] { return ended(world, ports::ConnectionEnd::goaway) == 1; }));
    CHECK(stats(world).goaways == 1);
}

TEST_CASE("http2: an old connection is replaced without losing anything") {
    World world{{}, {.age_max = 30ms}};
    for (std::uint64_t id = 1; ended(world, ports::ConnectionEnd::rotated) < 2; ++id) {
        REQUIRE(world.ask(id) == "401");
    }
    CHECK(stats(world).connections_opened >= 2);
    CHECK(world.notices.empty());
}

TEST_CASE("http2: an idle connection is kept alive by pings") {
    World world{{}, {.ping_idle = 5ms}};
    REQUIRE(world.ask(1) == "401");
    REQUIRE(world.turn_until([&] { return stats(world).pings >= 3; }));
    CHECK(world.ask(2) == "401");
    CHECK(stats(world).connections_opened == 1);
}

TEST_CASE("http2: many timeouts retire the connection, and nothing is told twice") {
    World world;
    Fault stall;
    stall.kind = FaultKind::stall;
    world.script({stall});
    for (std::uint64_t id = 1; id <= 50; ++id) {
        world.send(id, 200ms);
    }
    for (std::uint64_t id = 1; id <= 50; ++id) {
        CHECK(world.await(id) == "lost: deadline");
    }
    world.script({});
    CHECK(world.ask(51) == "401");
    CHECK(ended(world, ports::ConnectionEnd::timeouts) == 1);
    CHECK(stats(world).connections_opened == 2);
}

TEST_CASE("http2: a server that does not offer h2 is told apart, and the other transport is named") {
    dev::AppleServerOptions options{.http2 = false};
    SUBCASE("it goes on without a choice") {}
    SUBCASE("it breaks the handshake off") {
        options.http1 = false;
    }
    World world{options};
    CHECK(world.ask(1) == "not sent: no_connection");
    CHECK(world.told("http2_not_offered") == 1);
    CHECK(world.notices.front().severity == core::Severity::error);
}

TEST_CASE("http2: what cannot be used is refused before anything connects") {
    adapters::reactor::Reactor reactor{adapters::reactor::Signals::leave};
    adapters::http2::Endpoint endpoint;
    SUBCASE("a base URL without TLS") {
        endpoint.base_url = "http://127.0.0.1";
    }
    SUBCASE("a CA file that is not there") {
        endpoint.base_url = "https://apple.test";
        endpoint.ca_file = "/nonexistent/ca.pem";
    }
    CHECK_FALSE(adapters::http2::Http2Transport::create(
        {endpoint}, reactor, [](const core::Say&) {}, 1));
}
