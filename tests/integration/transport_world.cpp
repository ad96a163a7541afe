#include "tests/integration/transport_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "worker/adapters/auth/claims.hpp"
#include "worker/adapters/auth/es256.hpp"

namespace transport_test {

namespace {

using namespace std::chrono_literals;

constexpr common::Duration patience = 30s;

}  // namespace

std::string text_of(const core::Exchange& exchange) {
    static constexpr const char* not_sent[] = {
        "refused_stream", "goaway", "no_connection", "deadline_before_sending", "no_credential"};
    static constexpr const char* lost[] = {"deadline", "reset", "protocol"};
    if (const auto* answer = std::get_if<core::Answer>(&exchange)) {
        return std::to_string(answer->status) + (answer->body_torn ? " torn" : "");
    }
    if (const auto* kept = std::get_if<core::NotSent>(&exchange)) {
        return std::string{"not sent: "} + not_sent[static_cast<std::size_t>(kept->reason)];
    }
    return std::string{"lost: "} + lost[static_cast<std::size_t>(std::get<core::Lost>(exchange).reason)];
}

World::World(dev::AppleServerOptions options, TransportOptions transport_options)
    : defaults{std::move(transport_options)} {
    auto written = dev::write_certificates(folder.path());
    REQUIRE(written);
    certificates = *written;
    options.certificates = certificates;
    auto started = dev::AppleServer::start(options, dev::Es256Tokens{});
    REQUIRE(started);
    server = std::move(*started);
    defaults.base_url = server->url(sim::Environment::production);
    defaults.ca_file = certificates.ca_file.string();
    use_transport(defaults);
}

void World::use_transport(TransportOptions options) {
    transport.reset();
    transport =
        make_transport(options, reactor, [this](core::Say line) { notices.push_back(std::move(line)); });
}

void World::script(std::vector<sim::Fault> faults) {
    server->with_apple([&](sim::Apple& apple, common::Now) { apple.script(std::move(faults)); });
}

void World::sign_requests() {
    const auto pem = dev::new_app_key();
    REQUIRE(pem);
    const auto key = auth::SigningKey::from_pem(common::Secret{*pem}, "test key");
    REQUIRE(key);
    server->with_tokens([&](dev::Es256Tokens& tokens) {
        REQUIRE(tokens.add_key("TESTKEY", *pem));
        tokens.add_app("com.example.tv");
    });
    const common::Secret jwt = key->sign(
        auth::bearer_header("TESTKEY"),
        auth::bearer_claims({"issuer", "com.example.tv", clock.now().wall - 60s, 1200s}));
    authorization_ = common::Secret{"Bearer " + std::string{jwt.expose()}};
}

void World::send(std::uint64_t id, common::Duration timeout) {
    ports::OutgoingRequest request;
    request.id = core::ExchangeId{id};
    request.request.path = "/account/v1/autoSignIn/delete";
    request.request.content_type = "application/json";
    request.request.body = common::Secret{R"({"autoSignInTokenValue":"not-a-real-token"})"};
    request.authorization = authorization_;
    request.deadline = clock.now().steady + timeout;
    transport->send(std::move(request));
}

std::string World::await(std::uint64_t id) {
    transport->flush();
    if (!turn_until([&] { return !ended[id].empty(); })) {
        return "open";
    }
    return text_of(ended[id].front()) + (ended[id].size() > 1 ? " and again" : "");
}

std::string World::ask(std::uint64_t id, common::Duration timeout) {
    send(id, timeout);
    return await(id);
}

bool World::turn_until(const std::function<bool()>& done) {
    const common::Instant limit = clock.now().steady + patience;
    while (!done()) {
        if (clock.now().steady >= limit) {
            return false;
        }
        turn(limit);
    }
    return true;
}

void World::turn(common::Instant until) {
    std::vector<core::Input> inputs;
    (void)reactor.wait(std::min(until, transport->next_deadline()), inputs);
    transport->collect(clock.now(), inputs);
    for (core::Input& input : inputs) {
        if (auto* end = std::get_if<core::ExchangeEnded>(&input)) {
            ended[end->id.value].push_back(std::move(end->exchange));
        } else if (const auto* change = std::get_if<core::CapacityChanged>(&input)) {
            capacity = change->streams;
        }
    }
    transport->flush();
}

const core::Answer& World::answer(std::uint64_t id) const {
    return std::get<core::Answer>(ended.at(id).front());
}

std::size_t World::told(std::string_view event) const {
    return static_cast<std::size_t>(std::count_if(
        notices.begin(), notices.end(), [&](const core::Say& line) { return line.event == event; }));
}

std::uint64_t World::requests_at_apple() {
    std::uint64_t requests = 0;
    server->with_apple([&](sim::Apple& apple, common::Now) { requests = apple.requests(); });
    return requests;
}

}  // namespace transport_test
