#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;
using sim::IdentityError;

namespace {

constexpr std::int64_t half_a_year = 15'777'000;

std::int64_t present(const Scene& scene) {
    return std::chrono::floor<std::chrono::seconds>(scene.now.wall).time_since_epoch().count();
}

std::string secret_of(
    const Scene& scene, std::string_view key, std::string_view team, std::string_view client,
    std::int64_t issued, std::int64_t expires) {
    return sim::plain_secret(key, team, client, present(scene) + issued, present(scene) + expires);
}

}  // namespace

TEST_CASE("the client's authentication: what is wrong, and which error says so") {
    struct Row {
        const char* because;
        std::function<std::string(const Scene&)> secret;
        const char* want;
    };
    const Row rows[] = {
        {"a good secret", [](const Scene& scene) { return scene.secret(); }, "200"},
        {"half a year ahead is allowed",
         [](const Scene& scene) { return secret_of(scene, "KEY1", "TEAM000001", app, 0, half_a_year); },
         "200"},
        {"a second more is not",
         [](const Scene& scene) { return secret_of(scene, "KEY1", "TEAM000001", app, 0, half_a_year + 1); },
         "400 invalid_client"},
        {"expired", [](const Scene& scene) { return secret_of(scene, "KEY1", "TEAM000001", app, -60, 0); },
         "400 invalid_client"},
        {"issued in the future",
         [](const Scene& scene) { return secret_of(scene, "KEY1", "TEAM000001", app, 1, 60); },
         "400 invalid_client"},
        {"an unknown or revoked key",
         [](const Scene& scene) { return secret_of(scene, "KEY9", "TEAM000001", app, 0, 60); },
         "400 invalid_client"},
        {"the key of another team",
         [](const Scene& scene) { return secret_of(scene, "KEY2", "TEAM000001", app, 0, 60); },
         "400 invalid_client"},
        {"a team that does not own the client",
         [](const Scene& scene) { return secret_of(scene, "KEY2", "TEAM000002", app, 0, 60); },
         "400 invalid_client"},
        {"the secret of another client of the team",
         [](const Scene& scene) { return scene.secret(other_app); }, "400 invalid_client"},
        {"the client id in other letters",
         [](const Scene& scene) { return secret_of(scene, "KEY1", "TEAM000001", "com.example.TV", 0, 60); },
         "400 invalid_client"},
        {"no secret at all", [](const Scene&) { return "junk"; }, "400 invalid_client"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            const std::string token = scene.refresh_token();
            for (const char* path : {"/auth/token", "/auth/revoke"}) {
                const sim::Answer answer = scene.post(
                    path, {{"client_id", app},
                           {"client_secret", row.secret(scene)},
                           {"grant_type", "refresh_token"},
                           {"refresh_token", token},
                           {"token", token}});
                CAPTURE(std::string{path});
                CHECK(outcome(answer) == row.want);
                CHECK(answer.documented);
            }
        }
    }
}

TEST_CASE("a secret for another client can be told to be a malformed request, as one page says") {
    Scene scene{{.secret_of_other_client = IdentityError::invalid_request}};
    CHECK(
        outcome(scene.post(
            "/auth/revoke",
            {{"client_id", app}, {"client_secret", scene.secret(other_app)}, {"token", "t"}})) ==
        "400 invalid_request");
}

TEST_CASE("the form: what cannot be read is refused before anything happens") {
    struct Row {
        const char* because;
        const char* content_type;
        std::string body;
        const char* want;
    };
    Scene scene;
    const std::string token = scene.refresh_token();
    const std::string good = sim::form_text(scene.credentials(app, {{"token", token}}));
    const Row rows[] = {
        {"JSON is not taken", "application/json", R"({"token":"t"})", "400 invalid_request"},
        {"no content type", "", good, "400 invalid_request"},
        {"a repeated parameter", "application/x-www-form-urlencoded", good + "&token=x",
         "400 invalid_request"},
        {"a blank that is not encoded", "application/x-www-form-urlencoded", good + "&token_type_hint=a b",
         "400 invalid_client"},
        {"a broken percent sign", "application/x-www-form-urlencoded", good + "&x=%4", "400 invalid_client"},
        {"no client_id", "application/x-www-form-urlencoded", "client_secret=s&token=t",
         "400 invalid_request"},
        {"no client_secret", "application/x-www-form-urlencoded", "client_id=com.example.tv&token=t",
         "400 invalid_request"},
        {"an empty client_secret", "application/x-www-form-urlencoded",
         "client_id=com.example.tv&client_secret=&token=t", "400 invalid_request"},
        {"nothing", "application/x-www-form-urlencoded", "", "400 invalid_request"},
        {"a charset is no matter", "Application/X-WWW-Form-Urlencoded; charset=utf-8", good, "200"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            sim::Request request;
            request.path = "/auth/revoke";
            request.content_type = row.content_type;
            request.body = row.body;
            const sim::Answer answer = scene.apple.handle(request, scene.now);
            CHECK(outcome(answer) == row.want);
            CHECK(scene.apple.valid(token, scene.now.steady) == (answer.status != 200));
        }
    }
}

TEST_CASE("an Authorization header beside the form is one credential too many") {
    Scene scene;
    sim::Request request;
    request.path = "/auth/revoke";
    request.content_type = std::string{sim::form_type};
    request.authorization = "Basic eDp5";
    request.body = sim::form_text(scene.credentials(app, {{"token", "t"}}));
    CHECK(outcome(scene.apple.handle(request, scene.now)) == "400 invalid_request");
}

TEST_CASE("/auth/token: every error of a grant") {
    struct Row {
        const char* because;
        std::function<sim::Answer(Scene&)> call;
        const char* want;
    };
    const auto code_of = [](Scene& scene) {
        return scene.apple.sign_in("alice", app, {}, "", scene.now).code;
    };
    const auto token_call = [](Scene& scene, const Fields& fields) {
        return scene.post("/auth/token", scene.credentials(app, fields));
    };
    const Row rows[] = {
        {"a fresh code", [&](Scene& scene) { return scene.exchange(code_of(scene)); }, "200"},
        {"a code works once",
         [&](Scene& scene) {
             const std::string code = code_of(scene);
             CHECK(scene.exchange(code).status == 200);
             return scene.exchange(code);
         },
         "400 invalid_grant"},
        {"a code just before five minutes",
         [&](Scene& scene) {
             const std::string code = code_of(scene);
             scene.pass(5min - 1ms);
             return scene.exchange(code);
         },
         "200"},
        {"a code after five minutes",
         [&](Scene& scene) {
             const std::string code = code_of(scene);
             scene.pass(5min);
             return scene.exchange(code);
         },
         "400 invalid_grant"},
        {"a code of another client", [&](Scene& scene) { return scene.exchange(code_of(scene), other_app); },
         "400 invalid_grant"},
        {"an unknown code", [](Scene& scene) { return scene.exchange("c1"); }, "400 invalid_grant"},
        {"a code of a person who withdrew meanwhile",
         [&](Scene& scene) {
             const std::string code = code_of(scene);
             scene.apple.withdraw("alice", app, scene.now);
             return scene.exchange(code);
         },
         "400 invalid_grant"},
        {"a refresh token", [](Scene& scene) { return scene.refresh(scene.refresh_token()); }, "200"},
        {"a refresh token after ten years",
         [](Scene& scene) {
             const std::string token = scene.refresh_token();
             scene.pass(24h * 3650);
             return scene.refresh(token);
         },
         "200"},
        {"an unknown refresh token", [](Scene& scene) { return scene.refresh("r1"); }, "400 invalid_grant"},
        {"an access token is none",
         [](Scene& scene) { return scene.refresh(scene.signed_in().at("access_token")); },
         "400 invalid_grant"},
        {"a refresh token of another client",
         [](Scene& scene) { return scene.refresh(scene.refresh_token(), other_app); }, "400 invalid_grant"},
        {"no grant type",
         [&](Scene& scene) {
             return token_call(scene, {{"code", "c"}});
         },
         "400 unsupported_grant_type"},
        {"a grant type of another kind",
         [&](Scene& scene) {
             return token_call(scene, {{"grant_type", "password"}, {"code", "c"}});
         },
         "400 unsupported_grant_type"},
        {"no code",
         [&](Scene& scene) {
             return token_call(scene, {{"grant_type", "authorization_code"}});
         },
         "400 invalid_request"},
        {"no refresh token",
         [&](Scene& scene) {
             return token_call(scene, {{"grant_type", "refresh_token"}});
         },
         "400 invalid_request"},
        {"a refresh token sent as code",
         [&](Scene& scene) {
             return token_call(scene, {{"grant_type", "refresh_token"}, {"code", "r"}});
         },
         "400 unsupported_grant_type"},
        {"a grant type that the client may not use",
         [](Scene& scene) {
             const std::string token = scene.refresh_token();
             scene.apple.book().add_client({.client_id = app, .team_id = "TEAM000001", .may_refresh = false});
             return scene.refresh(token);
         },
         "400 unauthorized_client"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            const sim::Answer answer = row.call(scene);
            CHECK(outcome(answer) == row.want);
            CHECK(answer.documented);
            CHECK(answer.content_type == "application/json;charset=UTF-8");
            CHECK(answer.headers.front().second == "no-store");
        }
    }
}

TEST_CASE("how a session's end shows in a refresh") {
    struct Row {
        const char* because;
        std::function<void(Scene&, const std::string& token)> end;
        const char* want;
        IdentityError withdrawn = IdentityError::invalid_grant;
    };
    const Row rows[] = {
        {"password changed", [](Scene& scene, auto&) { scene.apple.change_password("alice"); },
         "400 invalid_grant"},
        {"withdrawn", [](Scene& scene, auto&) { scene.apple.withdraw("alice", app, scene.now); },
         "400 invalid_grant"},
        {"withdrawn, as the table of errors has it",
         [](Scene& scene, auto&) { scene.apple.withdraw("alice", app, scene.now); }, "400 invalid_request",
         IdentityError::invalid_request},
        {"revoked", [](Scene& scene, auto& token) { CHECK(scene.revoke(token).status == 200); },
         "400 invalid_grant"},
        {"account deleted", [](Scene& scene, auto&) { scene.apple.delete_account("alice", scene.now); },
         "400 invalid_grant"},
        {"another person's password", [](Scene& scene, auto&) { scene.apple.change_password("bob"); }, "200"},
        {"withdrawn from another app",
         [](Scene& scene, auto&) { scene.apple.withdraw("alice", other_app, scene.now); }, "200"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene{{.withdrawn = row.withdrawn}};
            const std::string token = scene.refresh_token();
            row.end(scene, token);
            const sim::Answer answer = scene.refresh(token);
            CHECK(outcome(answer) == row.want);
            CHECK(scene.apple.valid(token, scene.now.steady) == (answer.status == 200));
        }
    }
}

TEST_CASE("/auth/revoke: 200 without a body for whatever is or was a token") {
    struct Row {
        const char* because;
        std::function<sim::Answer(Scene&, const Json& tokens)> call;
        const char* want;
        bool alive;  // the session afterwards
    };
    const auto with_hint = [](Scene& scene, const std::string& token, const std::string& hint) {
        return scene.post(
            "/auth/revoke", scene.credentials(app, {{"token", token}, {"token_type_hint", hint}}));
    };
    const Row rows[] = {
        {"by refresh token", [](Scene& scene, auto& tokens) { return scene.revoke(tokens["refresh_token"]); },
         "200", false},
        {"by access token", [](Scene& scene, auto& tokens) { return scene.revoke(tokens["access_token"]); },
         "200", false},
        {"with the right hint",
         [&](Scene& scene, auto& tokens) {
             return with_hint(scene, tokens["refresh_token"], "refresh_token");
         },
         "200", false},
        {"by an access token that has expired: invalid already, nothing ends",
         [](Scene& scene, auto& tokens) {
             scene.pass(1h);
             return scene.revoke(tokens["access_token"]);
         },
         "200", true},
        {"a second time",
         [](Scene& scene, auto& tokens) {
             CHECK(scene.revoke(tokens["refresh_token"]).status == 200);
             return scene.revoke(tokens["refresh_token"]);
         },
         "200", false},
        {"an unknown token", [](Scene& scene, auto&) { return scene.revoke("junk"); }, "200", true},
        {"an unknown token with a hint",
         [&](Scene& scene, auto&) { return with_hint(scene, "junk", "access_token"); }, "200", true},
        {"a hint that contradicts",
         [&](Scene& scene, auto& tokens) {
             return with_hint(scene, tokens["refresh_token"], "access_token");
         },
         "400 invalid_request", true},
        {"a hint that is none",
         [&](Scene& scene, auto& tokens) { return with_hint(scene, tokens["refresh_token"], "id_token"); },
         "400 invalid_request", true},
        {"no token", [](Scene& scene, auto&) { return scene.revoke(""); }, "400 invalid_request", true},
        {"the identity token", [](Scene& scene, auto& tokens) { return scene.revoke(tokens["id_token"]); },
         "400 invalid_client", true},
        {"with the credentials of another client",
         [](Scene& scene, auto& tokens) { return scene.revoke(tokens["refresh_token"], other_app); },
         "400 invalid_client", true},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            const Json tokens = scene.signed_in();
            const sim::Answer answer = row.call(scene, tokens);
            CHECK(outcome(answer) == row.want);
            CHECK((answer.status != 200 || answer.body.empty()));
            CHECK(
                scene.apple.valid(tokens["refresh_token"].get<std::string>(), scene.now.steady) == row.alive);
        }
    }
}

TEST_CASE("what revoking refuses can be switched to the answer of an unknown token") {
    Scene scene{
        {.hint_contradicts = std::nullopt,
         .revoke_identity_token = std::nullopt,
         .revoke_foreign_token = std::nullopt}};
    const Json tokens = scene.signed_in();
    const std::string token = tokens["refresh_token"];
    CHECK(scene.revoke(tokens["id_token"]).status == 200);
    CHECK(scene.revoke(token, other_app).status == 200);
    CHECK_MESSAGE(scene.apple.valid(token, scene.now.steady), "nothing was revoked so far");
    const Fields with_hint{{"token", token}, {"token_type_hint", "access_token"}};
    CHECK(scene.post("/auth/revoke", scene.credentials(app, with_hint)).status == 200);
    CHECK_FALSE(scene.apple.valid(token, scene.now.steady));
}

TEST_CASE("paths and methods that Apple does not have are answered as this simulator chose") {
    Scene scene;
    CHECK(scene.get("/auth/token").status == 405);
    CHECK(scene.post("/auth/keys", {}).status == 405);
    CHECK(scene.post("/auth/other", {}).status == 404);
    CHECK_FALSE(scene.get("/").documented);
}
