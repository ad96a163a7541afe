// The HTTP/1.1 transport against the scripted Apple on real sockets.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/integration/apple_server_world.hpp"
#include "worker/adapters/http1/http1_transport.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/adapters/reactor/system_clock.hpp"

using apple_test::World;
using namespace std::chrono_literals;
using sim::FaultKind;

namespace {

constexpr core::EndpointId endpoint_id{3};

struct Client {
    explicit Client(const adapters::http1::Endpoint& endpoint)
        : transport{*adapters::http1::Http1Transport::create({endpoint}, reactor, [](const core::Say&) {})} {}

    void send(const World& world, std::uint64_t id, common::Duration timeout = 5s) {
        transport->send(
            {core::ExchangeId{id},
             {endpoint_id, core::CredentialId{}, "/account/v1/autoSignIn/delete", "application/json",
              common::Secret{R"({"autoSignInTokenValue":"token"})"}},
             common::Secret{world.authorization()},
             adapters::reactor::steady_now() + timeout});
    }

    // Runs the loop until `count` exchanges ended.
    std::vector<core::ExchangeEnded> ends(std::size_t count) {
        std::vector<core::ExchangeEnded> ended;
        transport->flush();
        while (ended.size() < count) {
            std::vector<core::Input> inputs;
            transport->collect({}, inputs);
            for (core::Input& input : inputs) {
                if (auto* end = std::get_if<core::ExchangeEnded>(&input)) {
                    ended.push_back(std::move(*end));
                } else if (auto* capacity = std::get_if<core::CapacityChanged>(&input)) {
                    streams = capacity->streams;
                }
            }
            if (ended.size() < count) {
                // As the worker's loop does. A fast server answers within flush(), and no socket tells of it:
                // the transport once slept until the deadline then.
                transport->flush();
                REQUIRE(reactor.wait(transport->next_deadline(), inputs));
            }
        }
        return ended;
    }

    core::Exchange exchange(const World& world, common::Duration timeout = 5s) {
        send(world, 1, timeout);
        return ends(1).front().exchange;
    }

    adapters::reactor::Reactor reactor{adapters::reactor::Signals::leave};
    std::unique_ptr<adapters::http1::Http1Transport> transport;
    std::size_t streams = 0;
};

adapters::http1::Endpoint endpoint_of(const World& world) {
    return {
        .id = endpoint_id,
        .base_url = world.server->url(apple_test::shop.environment),
        .ca_file = world.certificates.ca_file,
        .connections_max = 4};
}

// "answer 204", "not sent no_connection", "lost reset" ...: what a test compares.
std::string told(const core::Exchange& exchange) {
    if (const auto* answer = std::get_if<core::Answer>(&exchange)) {
        return "answer " + std::to_string(answer->status) + (answer->body_torn ? " torn" : "");
    }
    if (const auto* lost = std::get_if<core::Lost>(&exchange)) {
        return lost->reason == core::LostReason::deadline ? "lost deadline"
               : lost->reason == core::LostReason::reset  ? "lost reset"
                                                          : "lost protocol";
    }
    return std::get<core::NotSent>(exchange).reason == core::NotSentReason::no_connection
               ? "not sent no_connection"
               : "not sent deadline";
}

}  // namespace

TEST_CASE("how an exchange over HTTP/1.1 ends") {
    struct Row {
        const char* because;
        std::optional<FaultKind> kind;
        common::Duration timeout;
        const char* want;
        bool executed;
    };
    const Row rows[] = {
        {"all is well", {}, 5s, "answer 204", true},
        {"lost answer", FaultKind::lose_answer, 5s, "lost reset", true},
        {"dropped request", FaultKind::drop_request, 5s, "lost reset", false},
        {"closed after execution", FaultKind::close_executed, 5s, "lost reset", true},
        {"stalled", FaultKind::stall, 100ms, "lost deadline", true},
        {"torn body", FaultKind::tear_body, 5s, "answer 503 torn", false},
        {"refused credential", FaultKind::refuse_credential, 5s, "answer 401", false},
        {"throttled", FaultKind::throttle, 5s, "answer 429", false},
        {"late answer", FaultKind::delay_answer, 5s, "answer 204", true},
        {"deadline before anything", {}, -1s, "not sent deadline", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            World world;
            world.server->with_apple([&](sim::Apple& apple, common::Now) {
                apple.store().put(apple_test::shop, "alice", "token");
            });
            if (row.kind == FaultKind::tear_body) {
                world.script(
                    {{.kind = FaultKind::fail, .body = sim::BodyForm::html}, {.kind = FaultKind::tear_body}});
            } else if (row.kind) {
                world.script({{.kind = *row.kind, .delay = 20ms}});
            }
            Client client{endpoint_of(world)};
            CHECK(told(client.exchange(world, row.timeout)) == row.want);
            CHECK(world.stored("token") != row.executed);
            CHECK(client.streams == 4);
            CHECK(world.ledger().size() == (row.timeout < 0s ? 0 : 1));
        }
    }
}

TEST_CASE("a 429 brings its headers along") {
    World world;
    world.script({{.kind = FaultKind::throttle, .retry_after_in = std::chrono::seconds{7}}});
    Client client{endpoint_of(world)};
    const core::Exchange exchange = client.exchange(world);
    REQUIRE(std::holds_alternative<core::Answer>(exchange));
    const auto& answer = std::get<core::Answer>(exchange);
    CHECK(answer.retry_after);
    CHECK(answer.content_type == "application/json");
    CHECK(answer.date);
    CHECK_FALSE(answer.body.empty());
}

TEST_CASE("connections are kept, limited, and each request ends exactly once") {
    World world;
    Client client{endpoint_of(world)};
    for (std::uint64_t id = 0; id < 100; ++id) {
        client.send(world, id);
    }
    const auto ended = client.ends(100);
    std::vector<bool> seen(100, false);
    for (const core::ExchangeEnded& end : ended) {
        CHECK_FALSE(seen.at(end.id.value));
        seen.at(end.id.value) = true;
        CHECK(told(end.exchange) == "answer 404");
    }
    CHECK(world.server->stats().connections <= 4);
    CHECK(client.transport->stats(endpoint_id).exchanges_in_flight == 0);
}

TEST_CASE("a request that dies on a kept connection is lost, not silently sent again") {
    World world;
    Client client{endpoint_of(world)};
    CHECK(told(client.exchange(world)) == "answer 404");
    world.script({{.kind = FaultKind::close_executed}});
    CHECK(told(client.exchange(world)) == "lost reset");
    CHECK(world.ledger().size() == 2);
}

TEST_CASE("nothing is sent to a server that is not the one") {
    World world;
    const World stranger;
    adapters::http1::Endpoint wrong_ca = endpoint_of(world);
    wrong_ca.ca_file = stranger.certificates.ca_file;
    adapters::http1::Endpoint nobody = endpoint_of(world);
    nobody.base_url = "https://localhost:1";
    for (const auto& endpoint : {wrong_ca, nobody}) {
        Client client{endpoint};
        CHECK(told(client.exchange(world)) == "not sent no_connection");
    }
    CHECK(world.server->stats().requests == 0);
}

TEST_CASE("endpoints that cannot work are refused at the start") {
    adapters::reactor::Reactor reactor{adapters::reactor::Signals::leave};
    for (const char* url : {"http://localhost", "https://localhost/", "ftp://x", ""}) {
        CHECK_FALSE(adapters::http1::Http1Transport::create(
            {{.id = endpoint_id, .base_url = url}}, reactor, [](const core::Say&) {}));
    }
}
