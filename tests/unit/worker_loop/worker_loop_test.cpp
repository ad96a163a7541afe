#include "worker/app/worker_loop.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

// Every port at once: records in, nothing to sign with, log lines out.
struct Scene final : ports::RecordSource,
                     ports::RecordSink,
                     ports::HttpTransport,
                     ports::Credentials,
                     ports::Clock,
                     ports::Waiter,
                     ports::Journal {
    static core::Settings settings() {
        core::Settings settings;
        settings.credentials = {
            {.name = "tv", .endpoint = core::EndpointId{0}},
            {.name = "web",
             .kind = core::CredentialKind::client,
             .endpoint = core::EndpointId{0},
             .client_id = "com.example.web"},
            {.name = "key_set", .kind = core::CredentialKind::keyless, .endpoint = core::EndpointId{0}}};
        settings.rules.clients = {{"com.example.web", core::CredentialId{1}}};
        settings.rules.keyless = core::CredentialId{2};
        settings.endpoints = {{.name = "apple"}};
        settings.rules.apps = {{"tv", core::AppId{0}}};
        settings.receipts_topic = "receipts";
        settings.time_to_execute = {60s, 60s, 60s, 60s, 15min, 15min, 30min};
        return settings;
    }

    core::Engine engine{settings()};
    app::WorkerLoop loop{engine, {*this, *this, *this, *this, *this, *this, *this}};
    common::Now time{common::Instant{1h}, common::WallTime{1767323045000ms}};
    std::vector<core::Input> coming;
    std::vector<core::Say> lines;
    std::size_t refused = 0;
    std::optional<common::Secret> credential;  // none: there is no key
    std::vector<ports::OutgoingRequest> sent;

    void turn() { CHECK(loop.turn() == app::TurnResult::more); }
    void deliver(std::int64_t offset) {
        core::Record record;
        record.epoch = core::Epoch{1};
        record.offset = core::Offset{offset};
        record.key = fmt::format("account-{}", offset);
        record.value = fmt::format(
            R"({{"specversion":"1.0","id":"e-{0}","source":"/accounts","type":"account.opted-out.v1",)"
            R"("subject":"account-{0}","time":"2026-01-02T03:04:05Z","datacontenttype":"application/json",)"
            R"("data":{{"app":"tv","sign_in_tokens":[{{"value":"token-{0}"}}]}}}})",
            offset);
        coming.emplace_back(core::Received{std::move(record)});
    }
    void deliver(std::int64_t offset, std::string_view type, std::string_view data) {
        core::Record record;
        record.epoch = core::Epoch{1};
        record.offset = core::Offset{offset};
        record.key = "a";
        record.value = fmt::format(
            R"({{"specversion":"1.0","id":"e","source":"/accounts","type":"{}","subject":"a-{}",)"
            R"("time":"2026-01-02T03:04:05Z","data":{{"app":"tv",{}}}}})",
            type, offset, data);
        coming.emplace_back(core::Received{std::move(record)});
    }
    [[nodiscard]] std::vector<core::Say> told() const {
        std::vector<core::Say> found;
        for (const core::Say& line : lines) {
            if (line.event == "credential_unavailable") {
                found.push_back(line);
            }
        }
        return found;
    }

    bool collect(std::size_t, std::vector<core::Input>& inputs) override {
        for (core::Input& input : std::exchange(coming, {})) {
            inputs.push_back(std::move(input));
        }
        return false;
    }
    void pause(core::Epoch) override {}
    void resume(core::Epoch) override {}
    void commit(const std::vector<core::PartitionCommit>&) override {}
    void release(const std::vector<core::Epoch>&) override {}
    void store(core::Store) override {}
    void collect(std::vector<core::Input>&) override {}
    void send(ports::OutgoingRequest request) override {
        if (!credential) {
            FAIL("sent without a credential");
        }
        sent.push_back(std::move(request));
    }
    void flush() override {}
    void collect(common::Now, std::vector<core::Input>&) override {}  // of transport and credentials
    [[nodiscard]] common::Instant next_deadline() const override { return common::never; }
    [[nodiscard]] common::Result<const common::Secret*> authorization(
        core::CredentialId, common::Now) override {
        if (credential) {
            return &*credential;
        }
        ++refused;
        return common::Error{"/run/secrets/key.p8: cannot be read"};
    }
    void renew(core::CredentialId) override {}
    [[nodiscard]] common::Now now() override { return time; }
    [[nodiscard]] bool wait(common::Instant, std::vector<core::Input>&) override { return true; }
    [[nodiscard]] bool wants(core::Severity) const override { return true; }
    void write(const core::Say& line) override { lines.push_back(line); }
};

}  // namespace

TEST_CASE("worker loop: a credential goes where its call has the place for it") {
    Scene scene;
    scene.credential = common::Secret{"ey.J.w"};
    scene.coming.emplace_back(core::Assigned{core::Epoch{1}, {"events", 0}, core::Offset{0}, {}});
    scene.deliver(0, "account.opted-out.v1", R"("sign_in_tokens":[{"value":"t"}])");
    scene.deliver(
        1, "account.session-ended.v1",
        R"("sign_in_with_apple":[{"client_id":"com.example.web","refresh_token":"r"}])");
    scene.deliver(
        2, "apple.notification.v1",
        R"("payload":"eyJraWQiOiI4NkQ4OEtmIiwiYWxnIjoiUlMyNTYifQ.e30.c2ln","sign_in_tokens":[])");
    scene.turn();
    REQUIRE(scene.sent.size() == 3);
    CHECK(scene.sent[0].authorization.expose() == "ey.J.w");
    CHECK(scene.sent[0].request.body.expose() == R"({"autoSignInTokenValue":"t"})");
    CHECK(scene.sent[1].authorization.empty());
    CHECK(
        scene.sent[1].request.body.expose() ==
        "client_id=com.example.web&token=r&token_type_hint=refresh_token&client_secret=ey.J.w");
    CHECK(scene.sent[2].authorization.empty());
    CHECK(scene.sent[2].request.body.empty());
    CHECK(scene.sent[2].request.method == "GET");
}

// An unreadable key file wrote one line for every request that was tried: hundreds in one turn.
TEST_CASE("worker loop: a missing credential is told once a minute, with how often it was missed") {
    Scene scene;
    scene.coming.emplace_back(core::Assigned{core::Epoch{1}, {"events", 0}, core::Offset{0}, {}});
    for (std::int64_t offset = 0; offset < 20; ++offset) {
        scene.deliver(offset);
    }
    scene.turn();
    CHECK(scene.refused == 20);
    REQUIRE(scene.told().size() == 1);
    CHECK(scene.told().front().message == "/run/secrets/key.p8: cannot be read");
    CHECK(scene.told().front().fields.back().second == "1");

    for (int seconds = 0; seconds < 60; ++seconds) {
        scene.turn();
        scene.time.steady += 1s;
        scene.time.wall += 1s;
    }
    CHECK(scene.told().size() == 1);
    const std::size_t before = scene.refused;
    while (scene.refused == before) {
        scene.turn();
        scene.time.steady += 1s;
        scene.time.wall += 1s;
    }
    REQUIRE(scene.told().size() == 2);
    CHECK(scene.told().back().fields.back().second == std::to_string(before));
}
