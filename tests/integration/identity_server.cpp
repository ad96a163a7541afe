// The simulated identity server on real sockets, seen by libcurl over both protocols, and its check of real
// client secrets.
#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/integration/apple_server_world.hpp"
#include "tests/integration/curl_client.hpp"
#include "worker/dev/apple/secrets.hpp"
#include "worker/sim/identity/form.hpp"

using apple_test::Seen;
using apple_test::TokenParts;
using sim::FaultKind;

namespace {

constexpr common::WallTime noon{std::chrono::milliseconds{1'800'000'000'000}};
constexpr const char* team = "TEAM123456";
const std::string client = "com.example.tv";

// A client secret as Apple wants it, but for what `change` does.
std::string secret_of(
    const std::string& p8, common::WallTime now, const std::function<void(TokenParts&)>& change = {}) {
    TokenParts parts;
    parts.header = R"({"alg":"ES256","kid":"KEY1"})";
    parts.iss = team;
    parts.aud = R"("https://appleid.apple.com")";
    parts.sub = client;
    if (change) {
        change(parts);
    }
    const std::string bearer = apple_test::bearer(p8, now, parts);
    return bearer.substr(bearer.find(' ') + 1);
}

struct IdentityWorld : apple_test::World {
    IdentityWorld() : World{options()} {
        server->with_secrets([&](dev::Es256Secrets& secrets) { REQUIRE(secrets.add_key("KEY1", team, p8)); });
        server->with_identity([](sim::AppleIdentity& identity, common::Now) {
            identity.book().add_client({.client_id = client, .team_id = team});
            identity.book().add_person({.account = "alice"});
        });
    }
    static dev::AppleServerOptions options() {
        dev::AppleServerOptions options;
        options.identity = sim::IdentityOptions{.keys = 1};
        return options;
    }

    // A refresh token of alice's.
    std::string signed_in() {
        std::string token;
        server->with_identity([&](sim::AppleIdentity& identity, common::Now now) {
            const std::size_t session = identity.book().open_session(
                {.account = "alice", .client_id = client, .started = now.steady});
            token = identity.book().sessions().at(session).refresh_token;
        });
        return token;
    }
    bool valid(const std::string& token) {
        bool valid = false;
        server->with_identity([&](sim::AppleIdentity& identity, common::Now now) {
            valid = identity.valid(token, now.steady);
        });
        return valid;
    }
    void script_identity(std::vector<sim::Fault> faults) {
        server->with_identity(
            [&](sim::AppleIdentity& identity, common::Now) { identity.script(std::move(faults)); });
    }
    Seen revoke(const std::string& token, long version) {
        common::WallTime present{};
        server->with_identity([&](sim::AppleIdentity&, common::Now now) { present = now.wall; });
        const std::string body = sim::form_text(
            {{"client_id", client}, {"client_secret", secret_of(p8, present)}, {"token", token}});
        return apple_test::ask(
            {server->identity_url() + "/auth/revoke", certificates.ca_file, version, {}, &body});
    }
    Seen get(const std::string& url, long version = CURL_HTTP_VERSION_2TLS) {
        return apple_test::ask({url, certificates.ca_file, version});
    }
};

}  // namespace

TEST_CASE("client secrets are judged as Apple documents it") {
    struct Row {
        const char* because;
        std::function<void(TokenParts&)> change;
        std::optional<sim::TokenFlaw> want;
    };
    using Flaw = sim::TokenFlaw;
    const Row rows[] = {
        {"good", {}, {}},
        {"half a year", [](TokenParts& parts) { parts.exp = 15'777'000; }, {}},
        {"a second more", [](TokenParts& parts) { parts.exp = 15'777'001; }, Flaw::lives_too_long},
        {"one second ahead", [](TokenParts& parts) { parts.iat = 1; }, Flaw::from_the_future},
        {"expired", [](TokenParts& parts) { parts.exp = 0; }, Flaw::expired},
        {"a DER signature", [](TokenParts& parts) { parts.der_signature = true; }, Flaw::signature},
        {"a flipped bit", [](TokenParts& parts) { parts.break_signature = true; }, Flaw::signature},
        {"HS256", [](TokenParts& parts) { parts.header = R"({"alg":"HS256","kid":"KEY1"})"; },
         Flaw::algorithm},
        {"none", [](TokenParts& parts) { parts.header = R"({"alg":"none","kid":"KEY1"})"; }, Flaw::algorithm},
        {"no kid", [](TokenParts& parts) { parts.header = R"({"alg":"ES256"})"; }, Flaw::unknown_key},
        {"unknown kid", [](TokenParts& parts) { parts.header = R"({"alg":"ES256","kid":"KEY9"})"; },
         Flaw::unknown_key},
        {"another team", [](TokenParts& parts) { parts.iss = "TEAM999999"; }, Flaw::issuer},
        {"the audience of the StoreKit host",
         [](TokenParts& parts) { parts.aud = R"("appstoreconnect-v1")"; }, Flaw::audience},
        {"no subject", [](TokenParts& parts) { parts.sub.clear(); }, Flaw::malformed},
    };
    const std::string p8 = *dev::new_app_key();
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            dev::Es256Secrets secrets;
            REQUIRE(secrets.add_key("KEY1", team, p8));
            const sim::SecretVerdict verdict = secrets.check(secret_of(p8, noon, row.change), noon);
            CHECK(verdict.flaw == row.want);
            CHECK(verdict.client_id == (row.want ? "" : client));
            secrets.revoke_key("KEY1");
            CHECK(secrets.check(secret_of(p8, noon), noon).flaw == Flaw::unknown_key);
        }
    }
}

TEST_CASE("a session is revoked over both protocols, whatever the wire does with the answer") {
    struct Row {
        const char* because;
        std::optional<FaultKind> fault;
        long status;  // 0: no answer comes
        bool executed;
    };
    const Row rows[] = {
        {"no fault", std::nullopt, 200, true},
        {"lost answer", FaultKind::lose_answer, 0, true},
        {"dropped request", FaultKind::drop_request, 0, false},
        {"late landing", FaultKind::delay_execution, 200, true},
        {"throttled", FaultKind::throttle, 429, false},
        {"outage", FaultKind::fail, 503, false},
        {"refused credential", FaultKind::refuse_credential, 400, false},
    };
    IdentityWorld world;
    for (const Row& row : rows) {
        for (const long version : {CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1}) {
            CAPTURE(std::string{row.because});
            CAPTURE(version);
            const std::string token = world.signed_in();
            world.script_identity({});
            if (row.fault) {
                world.script_identity({{.kind = *row.fault, .delay = std::chrono::milliseconds{20}}});
            }
            const Seen seen = world.revoke(token, version);
            CHECK((seen.code == CURLE_OK) == (row.status != 0));
            CHECK(seen.status == row.status);
            CHECK(world.valid(token) != row.executed);
            if (seen.status == 400) {
                CHECK(seen.body.find("invalid_client") != std::string::npos);
                CHECK(seen.headers.find("cache-control: no-store") != std::string::npos);
            }
        }
    }
}

TEST_CASE("keys, images and the front desk have their addresses") {
    IdentityWorld world;
    for (const long version : {CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1}) {
        CAPTURE(version);
        const Seen keys = world.get(world.server->identity_url() + "/auth/keys", version);
        CHECK(keys.status == 200);
        CHECK(keys.body.find(R"("alg":"RS256")") != std::string::npos);
        const Seen image = world.get(world.server->identity_url() + "/appleid/button/logo", version);
        CHECK(image.body.starts_with("\x89PNG"));
        const Seen state = world.get(world.server->front_desk_url() + "/state", version);
        CHECK(state.status == 200);
        CHECK(state.body.find("sign_in_with_apple") != std::string::npos);
        CHECK(world.get(world.server->front_desk_url() + "/auth/keys", version).status == 404);
        CHECK(world.get(world.server->identity_url() + "/state", version).status == 404);
    }
}
