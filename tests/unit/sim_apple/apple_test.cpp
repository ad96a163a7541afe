#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/sim_apple/scene.hpp"

using namespace sim_test;
using sim::Authorization;
using sim::Held;

TEST_CASE("an update acts on every account that holds the value and keeps the authorization") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "shared");
    scene.apple.store().put(tv, "bob", "shared");
    scene.apple.store().put(tv, "carol", "other");

    CHECK(scene.status(scene.update("shared", "fresh")) == 204);
    CHECK(scene.apple.store().held(tv, "alice") == Held{"fresh", Authorization::granted});
    CHECK(scene.apple.store().held(tv, "bob") == Held{"fresh", Authorization::granted});
    CHECK(scene.apple.store().held(tv, "carol") == Held{"other", Authorization::granted});
    CHECK(scene.apple.ledger().back().accounts == 2);
    CHECK_MESSAGE(scene.status(scene.update("shared", "fresh")) == 404, "a repeated update finds nothing");
}

TEST_CASE("an update to a value that others hold joins the two sets") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "a");
    scene.apple.store().put(tv, "bob", "b");
    CHECK(scene.status(scene.update("a", "b")) == 204);
    CHECK(scene.apple.store().accounts_with(tv, "b") == std::vector<std::string>{"alice", "bob"});
    CHECK(scene.status(scene.update("b", "b")) == 204);
    CHECK(scene.apple.store().accounts_with(tv, "b") == std::vector<std::string>{"alice", "bob"});
}

TEST_CASE("a delete empties every account that holds the value and the person would be asked again") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "shared");
    scene.apple.store().put(tv, "bob", "shared");
    CHECK(scene.status(scene.erase("shared")) == 204);
    CHECK(scene.apple.store().held(tv, "alice") == Held{});
    CHECK(scene.apple.store().held(tv, "bob") == Held{});
    CHECK_MESSAGE(scene.status(scene.erase("shared")) == 404, "a repeated delete finds nothing");
}

TEST_CASE("a device that stores another value leaves nobody behind the old one") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "old");
    scene.apple.store().put(tv, "alice", "new");
    CHECK_FALSE(scene.apple.store().stored(tv, "old"));
    CHECK(scene.status(scene.erase("old")) == 404);
    CHECK(scene.apple.store().held(tv, "alice").value == "new");
}

TEST_CASE("values are looked up within the app of the token and the environment of the host") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "token");
    CHECK_MESSAGE(scene.status(scene.erase("token", tv_sandbox)) == 404, "stored in the other environment");
    CHECK_MESSAGE(scene.status(scene.erase("token", radio)) == 404, "stored by another app");
    CHECK(scene.apple.store().stored(tv, "token"));
    CHECK(scene.status(scene.erase("token", tv)) == 204);
}

TEST_CASE("checks come in Apple's order, and only a whole request changes the store") {
    struct Row {
        const char* because;
        void (*spoil)(sim::Request&);
        int want;
        bool documented;
    };
    const Row rows[] = {
        {"a wrong path is asked before the token",
         [](sim::Request& r) {
             r.path = "/account/v1/autoSignIn/read";
             r.authorization.clear();
         },
         404, false},
        {"DELETE is not the method",
         [](sim::Request& r) {
             r.method = "DELETE";
             r.authorization.clear();
         },
         405, false},
        {"the token is asked before the body",
         [](sim::Request& r) {
             r.authorization = "Bearer nonsense";
             r.body = "{";
         },
         401, true},
        {"no authorization header", [](sim::Request& r) { r.authorization.clear(); }, 401, true},
        {"not JSON", [](sim::Request& r) { r.body = "{"; }, 400, false},
        {"JSON, but no object", [](sim::Request& r) { r.body = "[]"; }, 400, false},
        {"a field is missing", [](sim::Request& r) { r.body = "{}"; }, 400, false},
        {"a number where a string belongs", [](sim::Request& r) { r.body = R"({"autoSignInTokenValue":7})"; },
         400, false},
        {"an empty value", [](sim::Request& r) { r.body = R"({"autoSignInTokenValue":""})"; }, 400, false},
        {"another content type", [](sim::Request& r) { r.content_type = "text/plain"; }, 400, false},
        {"the other call's fields", [](sim::Request& r) { r.path = "/account/v1/autoSignIn/update"; }, 400,
         false},
        {"a value nobody has", [](sim::Request& r) { r.body = R"({"autoSignInTokenValue":"x"})"; }, 404,
         true},
        {"nothing is wrong", [](sim::Request&) {}, 204, true},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.store().put(tv, "alice", "token");
            sim::Request request = scene.erase("token");
            row.spoil(request);
            const sim::Answer answer = scene.apple.handle(request, scene.now);
            CHECK(answer.status == row.want);
            CHECK(answer.documented == row.documented);
            CHECK(scene.apple.store().stored(tv, "token") == (row.want != 204));
            CHECK((scene.apple.ledger().back().accounts == 1) == (row.want == 204));
        }
    }
}

TEST_CASE("answers look like Apple's") {
    Scene scene;
    scene.apple.store().put(tv, "alice", "token");
    const sim::Answer done = scene.apple.handle(scene.erase("token"), scene.now);
    CHECK(done.body.empty());
    CHECK(done.content_type.empty());
    CHECK(done.date == scene.now.wall);
    sim::Request unsigned_request = scene.erase("token");
    unsigned_request.authorization.clear();
    const sim::Answer refused = scene.apple.handle(unsigned_request, scene.now);
    CHECK(refused.body == "Unauthenticated");
    CHECK(refused.content_type == "text/plain");
}

TEST_CASE("a plain token is judged like a JWT") {
    struct Row {
        const char* because;
        std::string authorization;
        std::optional<sim::TokenFlaw> want;
    };
    const auto token = [](const char* key, const char* bundle, std::int64_t iat, std::int64_t exp) {
        return sim::plain_token(key, bundle, 1'800'000'000 + iat, 1'800'000'000 + exp);
    };
    using Flaw = sim::TokenFlaw;
    const Row rows[] = {
        {"good", token("KEY1", "com.example.tv", -30, 600), {}},
        {"the overlapping key is good too", token("KEY2", "com.example.tv", -30, 600), {}},
        {"issued this second", token("KEY1", "com.example.tv", 0, 600), {}},
        {"one second ahead", token("KEY1", "com.example.tv", 1, 600), Flaw::from_the_future},
        {"expires this second", token("KEY1", "com.example.tv", -600, 0), Flaw::expired},
        {"one second left", token("KEY1", "com.example.tv", -600, 1), {}},
        {"60 minutes old", token("KEY1", "com.example.tv", -3600, 10), Flaw::too_old},
        {"60 minutes of life", token("KEY1", "com.example.tv", -30, 3570), {}},
        {"a second longer", token("KEY1", "com.example.tv", -30, 3571), Flaw::lives_too_long},
        {"unknown key", token("KEY3", "com.example.tv", -30, 600), Flaw::unknown_key},
        {"unknown app", token("KEY1", "com.example.game", -30, 600), Flaw::bundle_id},
        {"no scheme", token("KEY1", "com.example.tv", -30, 600).substr(7), Flaw::missing},
        {"no header", "", Flaw::missing},
        {"no times", "Bearer KEY1.com.example.tv", Flaw::malformed},
        {"nothing but the scheme", "Bearer ", Flaw::malformed},
        {"times that are no numbers", "Bearer KEY1.com.example.tv.a.b", Flaw::malformed},
        {"a time beyond all bounds", "Bearer KEY1.a.9223372036854775807.9223372036854775807",
         Flaw::bundle_id},
    };
    const Scene scene;
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const sim::TokenVerdict verdict = scene.tokens(row.authorization, scene.now.wall);
            CHECK(verdict.flaw == row.want);
            CHECK(verdict.bundle_id == (row.want ? "" : "com.example.tv"));
        }
    }
}

TEST_CASE("the store says which accounts do not hold what they should") {
    sim::AppleStore store;
    store.put(tv, "alice", "a");
    store.put(tv, "bob", "b");
    CHECK(store.differences(tv, {{"alice", "a"}, {"bob", "b"}, {"nobody", std::nullopt}}).empty());
    const auto found = store.differences(tv, {{"alice", std::nullopt}, {"bob", "b"}, {"carol", "c"}});
    REQUIRE(found.size() == 2);
    CHECK(found[0].account == "alice");
    CHECK(found[0].stored == "a");
    CHECK(found[1].account == "carol");
    CHECK_FALSE(found[1].stored);
}
