// The pool of connections when names are resolved late or not at all, and when an address takes connections
// without ever completing one. The resolver is the test's; the good server is the scripted Apple.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "tests/integration/transport_folder.hpp"
#include "tests/support/loopback_listener.hpp"
#include "worker/adapters/http2/pool.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/dev/apple/server.hpp"

namespace {

using adapters::http2::Address;
using adapters::http2::AddressBook;
using test_support::LoopbackListener;
using namespace std::chrono_literals;

Address loopback(std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Address address;
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
}

class Scene {
public:
    explicit Scene(adapters::http2::Timeouts timeouts = {}) {
        const auto written = dev::write_certificates(folder_.path());
        REQUIRE(written);
        auto server = dev::AppleServer::start({.certificates = *written}, dev::Es256Tokens{});
        REQUIRE(server);
        server_ = std::move(*server);
        const auto url = adapters::http2::parse_url(server_->url(sim::Environment::production));
        REQUIRE(url);
        port_ = url->port;
        auto tls = adapters::http2::TlsContext::create({written->ca_file.string(), false});
        REQUIRE(tls);
        tls_.emplace(std::move(*tls));
        pool_.emplace(
            adapters::http2::PoolSettings{{*url, {url->authority(), ""}, timeouts, &*tls_}, 2}, reactor_,
            [this](auto done) { questions.push_back(std::move(done)); },
            [this](core::Say line) { notices.push_back(std::move(line)); }, 1, ended_);
    }

    [[nodiscard]] Address good() const { return loopback(port_); }
    void send(std::uint64_t id) {
        ports::OutgoingRequest request;
        request.id = core::ExchangeId{id};
        request.request.path = "/account/v1/autoSignIn/delete";
        request.request.content_type = "application/json";
        request.request.body = common::Secret{"{}"};
        request.authorization = common::Secret{"Bearer not-a-real-jwt"};
        request.deadline = now() + 10min;
        pool_->send(std::move(request));
        pool_->tick(now());
    }
    // Turns the loop until the request ended: "401", "no connection", "lost"; "open" after half a minute.
    std::string await(std::uint64_t id) {
        const common::Instant limit = adapters::reactor::steady_now() + 30s;
        while (ends_[id].empty() && adapters::reactor::steady_now() < limit) {
            turn(limit);
        }
        return ends_[id].empty() ? "open" : ends_[id];
    }
    std::string ask(std::uint64_t id) {
        send(id);
        return await(id);
    }
    // Time passes for the pool, not for the test.
    void skip(common::Duration time) {
        skipped_ += time;
        turn(common::Instant::min());
    }
    [[nodiscard]] std::uint64_t ended(ports::ConnectionEnd end) {
        return pool_->stats().connections_ended.at(static_cast<std::size_t>(end));
    }
    [[nodiscard]] std::size_t told(std::string_view event) const {
        std::size_t lines = 0;
        for (const core::Say& line : notices) {
            lines += line.event == event ? 1 : 0;
        }
        return lines;
    }

    std::vector<std::function<void(AddressBook::Addresses)>> questions;
    std::vector<core::Say> notices;

private:
    [[nodiscard]] common::Instant now() const { return adapters::reactor::steady_now() + skipped_; }
    void turn(common::Instant limit) {
        std::vector<core::Input> inputs;
        const common::Instant next = pool_->next_deadline();
        const bool at_once = next <= now();
        (void)reactor_.wait(
            at_once ? common::Instant::min()
                    : std::min(limit, next == common::never ? next : next - skipped_),
            inputs);
        pool_->tick(now());
        for (const core::ExchangeEnded& end : std::exchange(ended_, {})) {
            const auto* answer = std::get_if<core::Answer>(&end.exchange);
            ends_[end.id.value] = answer != nullptr ? std::to_string(answer->status)
                                  : std::holds_alternative<core::NotSent>(end.exchange) ? "no connection"
                                                                                        : "lost";
        }
    }

    transport_test::Folder folder_;
    std::unique_ptr<dev::AppleServer> server_;
    std::uint16_t port_ = 0;
    std::optional<adapters::http2::TlsContext> tls_;
    adapters::reactor::Reactor reactor_{adapters::reactor::Signals::leave};
    common::Duration skipped_{};
    std::vector<core::ExchangeEnded> ended_;
    std::map<std::uint64_t, std::string> ends_;
    std::optional<adapters::http2::Pool> pool_;
};

// Short, because a test waits for them.
adapters::http2::Timeouts impatient() {
    return {.address = 50ms, .establish = 30s};
}

}  // namespace

// One dead nameserver of two stopped all traffic: glibc needs 5 s to turn to the other, and at 5 s the pool
// gave up, dropped the answer and asked again.
TEST_CASE("http2 addresses: a late answer of DNS is taken, and requests wait for it") {
    Scene scene;
    scene.send(1);
    scene.skip(5s);
    scene.skip(10s);
    CHECK(scene.questions.size() == 1);
    CHECK(scene.notices.empty());
    scene.questions.front()(std::vector{scene.good()});
    CHECK(scene.await(1) == "401");
    CHECK(scene.questions.size() == 1);
}

TEST_CASE(
    "http2 addresses: a resolver that never answers is told, is not asked twice, and may still answer") {
    Scene scene;
    scene.send(1);
    scene.skip(20s);
    CHECK(scene.await(1) == "no connection");
    CHECK(scene.told("http2_dns_failed") == 1);
    CHECK(scene.ended(ports::ConnectionEnd::dns_failed) == 1);
    scene.send(2);
    scene.skip(10s);
    CHECK(scene.await(2) == "no connection");
    CHECK(scene.questions.size() == 1);
    scene.questions.front()(std::vector{scene.good()});
    scene.skip(10s);
    CHECK(scene.ask(3) == "401");
}

TEST_CASE("http2 addresses: when DNS fails, the addresses that worked go on working") {
    Scene scene;
    scene.send(1);
    scene.questions.back()(std::vector{scene.good()});
    CHECK(scene.await(1) == "401");
    scene.skip(31min);  // the connection is too old for more
    scene.send(2);
    REQUIRE(scene.questions.size() == 2);
    SUBCASE("it says so") {
        scene.questions.back()(common::Error{"Temporary failure in name resolution"});
    }
    SUBCASE("it says nothing") {
        scene.skip(2s);
    }
    CHECK(scene.await(2) == "401");
}

// TCP connected, so the other addresses were never tried, and the next attempt began with the same one: a
// single broken front end, or an IPv6 path that swallows large packets, stopped all traffic.
TEST_CASE("http2 addresses: a server that accepts and never speaks costs its timeout once") {
    Scene scene{impatient()};
    const LoopbackListener silent;
    const std::vector addresses{loopback(silent.port()), scene.good()};
    scene.send(1);
    scene.questions.back()(addresses);
    CHECK(scene.await(1) == "401");
    CHECK(scene.told("http2_address_failed") == 1);

    scene.skip(31min);
    scene.send(2);
    REQUIRE(scene.questions.size() == 2);
    scene.questions.back()(addresses);
    CHECK(scene.await(2) == "401");
    scene.skip(1min);
    CHECK(scene.told("http2_address_failed") == 1);  // the good one was tried first
    CHECK(scene.ended(ports::ConnectionEnd::tls_failed) == 0);
}

TEST_CASE("http2 addresses: when no address works, the one that came furthest names the reason") {
    Scene scene{impatient()};
    const LoopbackListener silent;
    const Address refusing = loopback(LoopbackListener{}.port());
    scene.send(1);
    scene.questions.back()(std::vector{loopback(silent.port()), refusing});
    CHECK(scene.await(1) == "no connection");
    CHECK(scene.ended(ports::ConnectionEnd::tls_failed) == 1);
    CHECK(scene.ended(ports::ConnectionEnd::connect_failed) == 0);
}
