#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;

TEST_CASE("a TokenResponse of a code has a refresh token, that of a refresh has none") {
    Scene scene;
    const Json first = scene.signed_in();
    CHECK(first["token_type"] == "Bearer");
    CHECK(first["expires_in"] == 3600);
    CHECK(first.contains("refresh_token"));
    const Json second = Json::parse(scene.refresh(first["refresh_token"]).body);
    CHECK_FALSE(second.contains("refresh_token"));
    CHECK(second["access_token"] != first["access_token"]);
    CHECK(scene.apple.valid(first["access_token"].get<std::string>(), scene.now.steady));
    scene.pass(1h);
    CHECK_FALSE(scene.apple.valid(first["access_token"].get<std::string>(), scene.now.steady));
}

TEST_CASE("a subject belongs to person and team, and outlives a withdrawal") {
    Scene scene;
    const auto subject = [&](const std::string& account, const std::string& client) {
        return part_of(scene.signed_in(account, client)["id_token"].get<std::string>(), 1)["sub"]
            .get<std::string>();
    };
    const std::string alice = subject("alice", app);
    CHECK(subject("alice", other_app) == alice);
    CHECK(subject("alice", foreign_app) != alice);
    CHECK(subject("bob", app) != alice);
    scene.apple.withdraw("alice", app, scene.now);
    CHECK(subject("alice", app) == alice);
}

TEST_CASE("identity tokens: claims that are always there, and those that are there for a reason") {
    Scene scene;
    const sim::SignIn silent = scene.apple.sign_in("alice", app, {}, "", scene.now);
    Json claims = part_of(silent.identity_token, 1);
    CHECK(claims["iss"] == "https://appleid.apple.com");
    CHECK(claims["aud"] == app);
    CHECK(claims["iat"] == 1'800'000'000);
    CHECK(claims["exp"] > claims["iat"]);
    CHECK(claims["nonce_supported"] == true);
    CHECK_FALSE(claims.contains("nonce"));
    CHECK_FALSE_MESSAGE(claims.contains("email"), "nobody asked for it");
    CHECK(claims["real_user_status"] == 2);
    CHECK(part_of(silent.identity_token, 0)["alg"] == "RS256");

    scene.apple.withdraw("alice", app, scene.now);
    const sim::SignIn asked = scene.apple.sign_in("alice", app, {.email = true}, "n-1", scene.now);
    claims = part_of(asked.identity_token, 1);
    CHECK(claims["nonce"] == "n-1");
    CHECK(claims["email"] == "alice@example.com");
    CHECK_MESSAGE(
        part_of(Json::parse(scene.exchange(asked.code).body)["id_token"].get<std::string>(), 1)["nonce"] ==
            "n-1",
        "the exchange repeats the nonce");

    const sim::SignIn hidden = scene.apple.sign_in("bob", app, {.email = true}, "", scene.now);
    claims = part_of(hidden.identity_token, 1);
    CHECK(claims["email"].get<std::string>().ends_with("@privaterelay.appleid.com"));
}

TEST_CASE("booleans come as such, as strings, or now this way and now that") {
    struct Row {
        const char* because;
        sim::BooleanForm form;
        std::set<std::string> want;
    };
    const Row rows[] = {
        {"booleans", sim::BooleanForm::boolean, {"true"}},
        {"strings", sim::BooleanForm::string, {"\"true\""}},
        {"mixed", sim::BooleanForm::mixed, {"true", "\"true\""}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene{{.booleans = row.form}};
            std::set<std::string> seen;
            for (int i = 0; i < 40; ++i) {
                const auto result = scene.apple.sign_in("bob", app, {.email = true}, "", scene.now);
                seen.insert(part_of(result.identity_token, 1)["is_private_email"].dump());
            }
            CHECK(seen == row.want);
        }
    }
}

TEST_CASE("name and email come with the first authorization only, until it is taken back") {
    Scene scene;
    const auto user = [&] {
        return scene.apple.sign_in("alice", app, {.name = true, .email = true}, "", scene.now).user;
    };
    const Json first = Json::parse(user());
    CHECK(first["name"]["firstName"] == "Alice");
    CHECK(first["email"] == "alice@example.com");
    CHECK_MESSAGE(user().empty(), "a returning person");

    const std::string token = scene.refresh_token();
    scene.apple.change_password("alice");
    CHECK_MESSAGE(user().empty(), "a new password leaves the consent");
    scene.apple.withdraw("alice", app, scene.now);
    CHECK_FALSE(user().empty());
    CHECK(scene.revoke(scene.refresh_token()).status == 200);
    CHECK_FALSE_MESSAGE(user().empty(), "we revoked the last session");
}

TEST_CASE("a person may clear a part of the name, or all of it, before an app gets it") {
    Scene scene;
    const auto user = [&](const sim::IdentityPerson& person) {
        scene.apple.book().add_person(person);
        return scene.apple.sign_in(person.account, app, {.name = true, .email = true}, "", scene.now).user;
    };
    CHECK(
        user({.account = "carl", .given_name = "Carl", .email = "c@example.com"}) ==
        R"({"name":{"firstName":"Carl"},"email":"c@example.com"})");
    CHECK(user({.account = "dora", .email = "d@example.com"}) == R"({"email":"d@example.com"})");
    CHECK(user({.account = "emil", .family_name = "E"}) == R"({"name":{"lastName":"E"}})");
    CHECK(user({.account = "nobody"}).empty());
}

TEST_CASE("revoking ends one session of several, or all of them by switch") {
    for (const bool all : {false, true}) {
        CAPTURE(all);
        Scene scene{{.revoke_ends_all_sessions = all}};
        const std::string phone = scene.refresh_token();
        const std::string television = scene.refresh_token();
        CHECK(scene.revoke(phone).status == 200);
        CHECK_FALSE(scene.apple.valid(phone, scene.now.steady));
        CHECK(scene.apple.valid(television, scene.now.steady) != all);
        CHECK(scene.apple.book().consents("alice", app) != all);
    }
}

TEST_CASE("a second check of a refresh token within a day is throttled when told so") {
    Scene scene{{.refresh_throttle = sim::RefreshThrottle{}}};
    const std::string token = scene.refresh_token();
    CHECK(scene.refresh(token).status == 200);
    scene.pass(24h - 1s);
    const sim::Answer early = scene.refresh(token);
    CHECK(early.status == 429);
    CHECK_FALSE(early.documented);
    CHECK_MESSAGE(scene.apple.valid(token, scene.now.steady), "a throttled session is not over");
    CHECK_MESSAGE(scene.refresh(scene.refresh_token("bob")).status == 200, "another user");
    scene.pass(1s);
    CHECK(scene.refresh(token).status == 200);
}

TEST_CASE("the key set: several keys, chosen by kid; a retired key vanishes, its tokens stay") {
    Scene scene{{.keys = 3}};
    const auto kids = [&] {
        std::set<std::string> found;
        const Json set = Json::parse(scene.get("/auth/keys").body);
        for (const Json& key : set["keys"]) {
            CHECK(key["kty"] == "RSA");
            CHECK(key["alg"] == "RS256");
            CHECK(key["use"] == "sig");
            CHECK(key["e"] == "AQAB");
            CHECK(key["kid"].get<std::string>().size() == 7);
            found.insert(key["kid"]);
        }
        return found;
    };
    const auto signers = [&] {
        std::set<std::string> used;
        for (int i = 0; i < 60; ++i) {
            used.insert(part_of(scene.apple.sign_in("bob", app, {}, "", scene.now).identity_token, 0)["kid"]);
        }
        return used;
    };
    const std::set<std::string> before = kids();
    CHECK(before.size() == 3);
    CHECK(signers() == before);
    scene.apple.keys().rotate();
    const std::set<std::string> after = kids();
    CHECK(after.size() == 3);
    CHECK(after != before);
    CHECK(signers() == after);
    scene.apple.keys().retire(*after.begin());
    CHECK(kids().size() == 2);
    CHECK_MESSAGE(scene.get("/auth/keys").documented, "200 JWKSet");
}

TEST_CASE("plain signatures hold for their key and their text alone") {
    Scene scene;
    const std::string token = scene.apple.sign_in("alice", app, {}, "", scene.now).identity_token;
    const auto dot = token.rfind('.');
    const auto bytes = common::base64url_bytes(token.substr(dot + 1));
    REQUIRE(bytes.has_value());
    const std::string signature{bytes->begin(), bytes->end()};
    int valid = 0;
    const Json set = Json::parse(scene.get("/auth/keys").body);
    for (const Json& key : set["keys"]) {
        const bool right = key["kid"] == part_of(token, 0)["kid"];
        const std::string n = key["n"];
        CHECK(sim::plain_signature_valid(n, token.substr(0, dot), signature) == right);
        CHECK_FALSE(sim::plain_signature_valid(n, token.substr(0, dot - 1), signature));
        valid += right ? 1 : 0;
    }
    CHECK(valid == 1);
}

TEST_CASE("the ledger keeps what a call did, though the client saw nothing of it") {
    Scene scene;
    const std::string token = scene.refresh_token();
    scene.apple.script({{.kind = sim::FaultKind::lose_answer}});
    const sim::Answer lost = scene.revoke(token);
    CHECK(lost.wire == sim::Wire::reset);
    const sim::IdentityEntry& entry = scene.apple.ledger().back();
    CHECK(entry.call == sim::IdentityCall::revoke);
    CHECK(entry.effect == sim::IdentityEffect::ended_session);
    CHECK(entry.account == "alice");
    CHECK(entry.client_id == app);
    CHECK(entry.key_id == "KEY1");
    CHECK(entry.status == 200);
    scene.apple.script({});
    CHECK(scene.revoke(token).status == 200);
    CHECK(scene.apple.ledger().back().effect == sim::IdentityEffect::ended_before);
}
