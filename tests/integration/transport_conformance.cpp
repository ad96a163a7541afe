// What every transport must do: the promise of ports::HttpTransport, against a server that misbehaves on the
// wire.
#include <doctest/doctest.h>

#include "tests/integration/transport_world.hpp"
#include "tests/support/loopback_listener.hpp"

namespace {

using sim::Fault;
using sim::FaultKind;
using test_support::LoopbackListener;
using transport_test::speaks_http2;
using transport_test::TransportOptions;
using transport_test::World;
using namespace std::chrono_literals;

std::string url_of(const LoopbackListener& silent) {
    return "https://127.0.0.1:" + std::to_string(silent.port());
}

Fault fault(FaultKind kind) {
    Fault fault;
    fault.kind = kind;
    return fault;
}

Fault answer_503_with_body() {
    Fault fail = fault(FaultKind::fail);
    fail.body = sim::BodyForm::json;
    return fail;
}

bool mentions_secret(const World& world) {
    for (const core::Say& line : world.notices) {
        if (line.message.find("not-a-real") != std::string::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("transport: a request is answered, by name and by address") {
    World world;
    SUBCASE("by name") {}
    SUBCASE("by IPv4 address") {
        TransportOptions options = world.defaults;
        options.base_url =
            "https://127.0.0.1:" + std::to_string(world.server->port(sim::Environment::production));
        world.use_transport(options);
    }
    CHECK(world.ask(1) == "401");
    CHECK(world.answer(1).date.has_value());
    CHECK(world.requests_at_apple() == 1);
    CHECK(world.notices.empty());
}

// Apple's key set is asked for so, on connections that posted before and will post again.
TEST_CASE("transport: a GET has neither body nor credential, and leaves no trace on what follows") {
    World world;
    const std::string_view path = "/account/v1/autoSignIn/delete";  // which takes no GET
    for (std::uint64_t id = 1; id <= 6; id += 2) {
        CHECK(world.ask(id) == "401");
        core::HttpRequest get{.endpoint = {}, .credential = {}, .path = path, .content_type = {}, .body = {}};
        get.method = "GET";
        world.transport->send({core::ExchangeId{id + 1}, std::move(get), {}, world.clock.now().steady + 20s});
        world.transport->flush();
        CHECK(world.await(id + 1) == "405");
    }
}

TEST_CASE("transport: hundreds at once, each ends exactly once") {
    World world;
    constexpr std::uint64_t many = 500;
    for (std::uint64_t id = 1; id <= many; ++id) {
        world.send(id);
    }
    for (std::uint64_t id = 1; id <= many; ++id) {
        REQUIRE(world.await(id) == "401");
    }
    CHECK(world.requests_at_apple() == many);
}

TEST_CASE("transport: how an exchange ends when the wire misbehaves, and that the next one works") {
    struct Row {
        const char* because;
        std::vector<Fault> faults;
        const char* http2;
        const char* http1;
    };
    const Row rows[] = {
        {"an error status is an answer", {answer_503_with_body()}, "503", "503"},
        {"a refused stream was not processed",
         {fault(FaultKind::refuse_stream)},
         "not sent: refused_stream",
         "lost: reset"},
        {"neither was one above GOAWAY", {fault(FaultKind::go_away)}, "not sent: goaway", "lost: reset"},
        {"a reset before execution cannot be told",
         {fault(FaultKind::drop_request)},
         "lost: reset",
         "lost: reset"},
        {"from one after it", {fault(FaultKind::lose_answer)}, "lost: reset", "lost: reset"},
        {"the connection ends before execution",
         {fault(FaultKind::close_unexecuted)},
         "lost: reset",
         "lost: reset"},
        {"the connection ends after it", {fault(FaultKind::close_executed)}, "lost: reset", "lost: reset"},
        {"a torn body keeps its status",
         {answer_503_with_body(), fault(FaultKind::tear_body)},
         "503 torn",
         "503 torn"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            World world;
            world.script(row.faults);
            CHECK(world.ask(1) == (speaks_http2() ? row.http2 : row.http1));
            world.script({});
            CHECK(world.ask(2) == "401");
            CHECK_FALSE(mentions_secret(world));
        }
    }
}

TEST_CASE("transport: an answer that never comes is lost at the deadline, others go on") {
    World world;
    world.script({fault(FaultKind::stall)});
    const auto before = world.clock.now().steady;
    CHECK(world.ask(1, 100ms) == "lost: deadline");
    const auto took = world.clock.now().steady - before;
    CHECK(took >= 100ms);
    CHECK(took < 5s);
    world.script({});
    CHECK(world.ask(2) == "401");
}

TEST_CASE("transport: headers and body of an answer come along") {
    World world;
    world.sign_requests();
    Fault throttle = fault(FaultKind::throttle);
    throttle.retry_after = sim::RetryAfterForm::seconds;
    throttle.retry_after_in = 7s;
    world.script({throttle});
    REQUIRE(world.ask(1) == "429");
    CHECK(world.answer(1).retry_after == "7");
    world.script({answer_503_with_body()});
    REQUIRE(world.ask(2) == "503");
    REQUIRE(world.answer(2).content_type.has_value());
    CHECK(world.answer(2).content_type->find("json") != std::string::npos);
    CHECK_FALSE(world.answer(2).body.empty());
    CHECK_FALSE(world.answer(2).retry_after.has_value());
    world.script({});
    CHECK(world.ask(3) == "404");  // credential and body arrived as they were sent: the value is unknown
}

TEST_CASE("transport: every connection dies under its requests") {
    World world{{}, {.connections_max = 10}};  // over HTTP/1.1 one for each
    REQUIRE(world.ask(1) == "401");
    world.script({fault(FaultKind::stall)});
    for (std::uint64_t id = 2; id <= 11; ++id) {
        world.send(id);
    }
    world.transport->flush();
    REQUIRE(world.turn_until([&] { return world.requests_at_apple() == 11; }));
    world.server->close_connections();
    for (std::uint64_t id = 2; id <= 11; ++id) {
        CHECK(world.await(id) == "lost: reset");
    }
    world.script({});
    CHECK(world.ask(12) == "401");
}

TEST_CASE("transport: nobody listens") {
    World world;
    LoopbackListener nobody;
    TransportOptions options = world.defaults;
    options.base_url = url_of(nobody);
    world.use_transport(options);
    nobody.close();
    for (std::uint64_t id = 1; id <= 5; ++id) {
        CHECK(world.ask(id, 10s) == "not sent: no_connection");
    }
    CHECK(world.notices.size() == 1);  // a reason is told once a minute
    CHECK_FALSE(mentions_secret(world));
}

TEST_CASE("transport: a server that takes the connection and says nothing") {
    World world;
    const LoopbackListener silent;
    TransportOptions options = world.defaults;
    options.base_url = url_of(silent);
    world.use_transport(options);
    world.send(1, 100ms);
    world.send(2, 50ms);
    const std::string second = world.await(2);
    const std::string first = world.await(1);
    CHECK(first == "not sent: deadline_before_sending");
    CHECK(second == "not sent: deadline_before_sending");
}

TEST_CASE("transport: certificates are verified") {
    World world;
    TransportOptions options = world.defaults;
    transport_test::Folder elsewhere;
    SUBCASE("another CA") {
        auto foreign = dev::write_certificates(elsewhere.path());
        REQUIRE(foreign);
        options.ca_file = foreign->ca_file.string();
    }
    SUBCASE("another name") {
        auto other = dev::write_certificates(elsewhere.path(), {.host = "other.example"});
        REQUIRE(other);
        dev::AppleServerOptions served;
        served.certificates = *other;
        auto started = dev::AppleServer::start(served, dev::Es256Tokens{});
        REQUIRE(started);
        world.server = std::move(*started);
        options.base_url = world.server->url(sim::Environment::production);
        options.ca_file = other->ca_file.string();
    }
    world.use_transport(options);
    CHECK(world.ask(1, 10s) == "not sent: no_connection");
    CHECK(world.requests_at_apple() == 0);
    REQUIRE(world.notices.size() == 1);
    CHECK(world.notices.front().severity == core::Severity::error);
}

TEST_CASE("transport: going while requests are under way calls nobody back") {
    World world;
    world.script({fault(FaultKind::stall)});
    world.send(1);
    world.transport->flush();
    REQUIRE(world.turn_until([&] { return world.requests_at_apple() == 1; }));
    world.transport.reset();
    std::vector<core::Input> inputs;
    (void)world.reactor.wait(common::Instant::min(), inputs);
    CHECK(inputs.empty());
}
