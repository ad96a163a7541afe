// The scripted Apple's server seen by a client that is not ours: libcurl, over both protocols.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/integration/apple_server_world.hpp"
#include "tests/integration/curl_client.hpp"

using apple_test::Seen;
using apple_test::TokenParts;
using apple_test::World;
using sim::FaultKind;

namespace {

constexpr common::WallTime noon{std::chrono::milliseconds{1'800'000'000'000}};

Seen erase(const World& world, long version, const std::string& value) {
    const std::string body = R"({"autoSignInTokenValue":")" + value + "\"}";
    return apple_test::ask(
        {world.server->url(apple_test::shop.environment) + "/account/v1/autoSignIn/delete",
         world.certificates.ca_file,
         version,
         {"authorization: " + world.authorization(), "content-type: application/json"},
         &body});
}

}  // namespace

TEST_CASE("a delete works over both protocols, with certificates verified") {
    for (const long version : {CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1}) {
        World world;
        world.server->with_apple(
            [](sim::Apple& apple, common::Now) { apple.store().put(apple_test::shop, "alice", "token"); });
        const Seen first = erase(world, version, "token");
        CHECK(first.code == CURLE_OK);
        CHECK(first.status == 204);
        CHECK(
            first.version ==
            (version == CURL_HTTP_VERSION_1_1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2));
        CHECK(first.headers.find("date: ") != std::string::npos);
        CHECK_FALSE(world.stored("token"));
        CHECK(erase(world, version, "token").status == 404);
    }
}

TEST_CASE("faults are carried out on the wire") {
    struct Row {
        const char* because;
        FaultKind kind;
        long status;  // 0: no answer comes
        bool executed;
    };
    const Row rows[] = {
        {"lost answer", FaultKind::lose_answer, 0, true},
        {"dropped request", FaultKind::drop_request, 0, false},
        {"closed before", FaultKind::close_unexecuted, 0, false},
        {"closed after", FaultKind::close_executed, 0, true},
        {"throttled", FaultKind::throttle, 429, false},
        {"refused credential", FaultKind::refuse_credential, 401, false},
        {"outage", FaultKind::fail, 503, false},
        {"late answer", FaultKind::delay_answer, 204, true},
        {"late landing", FaultKind::delay_execution, 204, true},
    };
    for (const Row& row : rows) {
        for (const long version : {CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1}) {
            CAPTURE(version);
            SUBCASE(
                (std::string{row.because} + (version == CURL_HTTP_VERSION_1_1 ? " (1.1)" : " (2)")).c_str()) {
                World world;
                world.server->with_apple([&](sim::Apple& apple, common::Now) {
                    apple.store().put(apple_test::shop, "alice", "token");
                    apple.script({{.kind = row.kind, .delay = std::chrono::milliseconds{20}}});
                });
                const Seen seen = erase(world, version, "token");
                CHECK((seen.code == CURLE_OK) == (row.status != 0));
                CHECK(seen.status == row.status);
                CHECK(world.stored("token") != row.executed);
            }
        }
    }
}

TEST_CASE("a torn body announces more than it sends") {
    World world;
    world.script({{.kind = FaultKind::fail, .body = sim::BodyForm::html}, {.kind = FaultKind::tear_body}});
    for (const long version : {CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1}) {
        const Seen seen = erase(world, version, "token");
        CHECK(seen.code != CURLE_OK);
        if (version ==
            CURL_HTTP_VERSION_1_1) {  // over HTTP/2 libcurl tells nothing of a stream that was reset
            CHECK(seen.status == 503);
            CHECK_FALSE(seen.body.empty());
        }
    }
}

TEST_CASE("bearer tokens are judged as Apple documents it") {
    struct Row {
        const char* because;
        TokenParts parts;
        std::optional<sim::TokenFlaw> want;
    };
    using Flaw = sim::TokenFlaw;
    const Row rows[] = {
        {"good", {}, {}},
        {"issued this second", {.iat = 0}, {}},
        {"one second ahead", {.iat = 1}, Flaw::from_the_future},
        {"expired", {.iat = -600, .exp = 0}, Flaw::expired},
        {"an hour old", {.iat = -3600, .exp = 10}, Flaw::too_old},
        {"lives longer than an hour", {.iat = -30, .exp = 3600}, Flaw::lives_too_long},
        {"a DER signature", {.der_signature = true}, Flaw::signature},
        {"a flipped bit", {.break_signature = true}, Flaw::signature},
        {"HS256", {.header = R"({"alg":"HS256","kid":"KEY1","typ":"JWT"})"}, Flaw::algorithm},
        {"none", {.header = R"({"alg":"none","kid":"KEY1"})"}, Flaw::algorithm},
        {"no algorithm", {.header = R"({"kid":"KEY1"})"}, Flaw::algorithm},
        {"unknown kid", {.header = R"({"alg":"ES256","kid":"KEY9"})"}, Flaw::unknown_key},
        {"no kid", {.header = R"({"alg":"ES256"})"}, Flaw::unknown_key},
        {"another issuer", {.iss = "somebody"}, Flaw::issuer},
        {"Sign in with Apple's audience", {.aud = R"("https://appleid.apple.com")"}, Flaw::audience},
        {"audience is a number", {.aud = "7"}, Flaw::audience},
        {"an unknown app", {.bid = "com.example.game"}, Flaw::bundle_id},
        {"a header that is no JSON", {.header = "{"}, Flaw::malformed},
    };
    const std::string p8 = *dev::new_app_key();
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            dev::Es256Tokens tokens;
            REQUIRE(tokens.add_key("KEY1", p8));
            tokens.set_issuer(apple_test::issuer);
            tokens.add_app(apple_test::shop.bundle_id);
            const std::string token = apple_test::bearer(p8, noon, row.parts);
            CHECK(tokens.check(token, noon).flaw == row.want);
            CHECK_MESSAGE(tokens.check(token, noon).flaw == row.want, "remembered");
        }
    }
}

TEST_CASE("a remembered token still grows old, and dies with its key") {
    const std::string p8 = *dev::new_app_key();
    dev::Es256Tokens tokens;
    REQUIRE(tokens.add_key("KEY1", p8));
    tokens.add_app(apple_test::shop.bundle_id);
    const std::string token = apple_test::bearer(p8, noon);
    CHECK_FALSE(tokens.check(token, noon).flaw);
    CHECK(tokens.check(token, noon + std::chrono::seconds{600}).flaw == sim::TokenFlaw::expired);
    tokens.revoke_key("KEY1");
    CHECK(tokens.check(token, noon).flaw == sim::TokenFlaw::unknown_key);
    CHECK_FALSE(tokens.add_key("KEY2", "not a key"));
}
