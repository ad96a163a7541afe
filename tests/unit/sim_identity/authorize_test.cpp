#include <doctest/doctest.h>

#include <optional>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;

namespace {

Fields asking(const Fields& changed = {}) {
    Fields fields{
        {"client_id", web}, {"redirect_uri", redirect_uri}, {"response_type", "code"}, {"state", "s 1&"}};
    for (const auto& [name, value] : changed) {
        bool found = false;
        for (auto& field : fields) {
            if (field.first == name) {
                field.second = value;
                found = true;
            }
        }
        if (!found) {
            fields.emplace_back(name, value);
        }
    }
    return fields;
}

// What came back in the address, after `separator`.
sim::Form delivered(const sim::Answer& answer, char separator) {
    REQUIRE(answer.status == 302);
    const std::string& location = answer.headers.at(0).second;
    REQUIRE(answer.headers.at(0).first == "location");
    return sim::Form{std::string_view{location}.substr(location.find(separator) + 1)};
}

// The field of a form_post page, escapes undone as far as JSON needs it.
std::string posted(const sim::Answer& answer, const std::string& name) {
    const std::string start = "name=\"" + name + "\" value=\"";
    const auto at = answer.body.find(start);
    if (at == std::string::npos) {
        return {};
    }
    std::string value = answer.body.substr(at + start.size());
    value.resize(value.find('"'));
    for (auto quote = value.find("&quot;"); quote != std::string::npos; quote = value.find("&quot;")) {
        value.replace(quote, 6, "\"");
    }
    return value;
}

}  // namespace

TEST_CASE("a person signs in by browser and the code is good for that redirect URI alone") {
    struct Row {
        const char* because;
        std::optional<std::string> uri;
        const char* want;
    };
    const Row rows[] = {
        {"the same URI", redirect_uri, "200"},
        {"another registered one", redirect_uri + "?from=apple", "400 invalid_client"},
        {"none", std::nullopt, "400 invalid_request"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.seat(sim::Visitor{"alice"});
            const sim::Answer answer = scene.get("/auth/authorize", asking({{"nonce", "n-2"}}));
            const sim::Form form = delivered(answer, '?');
            CHECK(form.value_or_empty("state") == "s 1&");
            Fields fields = scene.credentials(
                web, {{"grant_type", "authorization_code"}, {"code", form.value_or_empty("code")}});
            if (row.uri) {
                fields.emplace_back("redirect_uri", *row.uri);
            }
            const sim::Answer tokens = scene.post("/auth/token", fields);
            CHECK(outcome(tokens) == row.want);
            if (tokens.status == 200) {
                const Json claims = part_of(Json::parse(tokens.body)["id_token"].get<std::string>(), 1);
                CHECK(claims["nonce"] == "n-2");
                CHECK(claims["aud"] == web);
                CHECK_FALSE_MESSAGE(claims.contains("real_user_status"), "not on the web");
            }
        }
    }
}

TEST_CASE("response modes: where the answer stands") {
    Scene scene;
    scene.apple.seat(sim::Visitor{"alice"});
    const sim::Answer query = scene.get("/auth/authorize", asking({{"response_mode", "query"}}));
    CHECK_FALSE(delivered(query, '?').value_or_empty("code").empty());

    const sim::Answer appended =
        scene.get("/auth/authorize", asking({{"redirect_uri", redirect_uri + "?from=apple"}}));
    CHECK(appended.headers.at(0).second.starts_with(redirect_uri + "?from=apple&code="));

    const sim::Answer fragment = scene.get(
        "/auth/authorize", asking({{"response_mode", "fragment"}, {"response_type", "code id_token"}}));
    CHECK(fragment.headers.at(0).second.starts_with(redirect_uri + "#"));
    const std::string token = delivered(fragment, '#').value_or_empty("id_token");
    CHECK(part_of(token, 1).contains("c_hash"));

    const sim::Answer form = scene.get(
        "/auth/authorize",
        asking(
            {{"response_mode", "form_post"}, {"response_type", "code id_token"}, {"scope", "name email"}}));
    CHECK(form.status == 200);
    CHECK(form.documented);
    CHECK_FALSE(posted(form, "code").empty());
    CHECK_MESSAGE(posted(form, "user").empty(), "the first authorization was above, without scopes");
}

TEST_CASE("the user's name is posted the first time, escaped for HTML") {
    Scene scene;
    scene.apple.seat(sim::Visitor{"alice"});
    const Fields fields = asking({{"response_mode", "form_post"}, {"scope", "name email"}});
    const Json user = Json::parse(posted(scene.get("/auth/authorize", fields), "user"));
    CHECK(user["email"] == "alice@example.com");
    CHECK(user["name"]["lastName"] == "\"O&lt;Neil>");
    CHECK(posted(scene.get("/auth/authorize", fields), "user").empty());
}

TEST_CASE("what is wrong with an authorization request goes to the redirect URI") {
    struct Row {
        const char* because;
        Fields changed;
        const char* want;
    };
    const Row rows[] = {
        {"no response type", {{"response_type", ""}}, "invalid_request"},
        {"the identity token alone", {{"response_type", "id_token"}}, "invalid_request"},
        {"a response type of another kind", {{"response_type", "code token"}}, "invalid_request"},
        {"an unknown response mode", {{"response_mode", "web_message"}}, "invalid_request"},
        {"an identity token in a query",
         {{"response_type", "code id_token"}, {"response_mode", "query"}},
         "invalid_request"},
        {"scopes without form_post", {{"scope", "email"}}, "invalid_request"},
        {"a scope that there is not", {{"scope", "name phone"}}, "invalid_scope"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.seat(sim::Visitor{"alice"});
            const sim::Form form = delivered(scene.get("/auth/authorize", asking(row.changed)), '?');
            CHECK(form.value_or_empty("error") == row.want);
            CHECK(form.value_or_empty("state") == "s 1&");
            CHECK(form.find("code") == nullptr);
        }
    }
}

TEST_CASE("nobody is sent to an address that is not registered") {
    struct Row {
        const char* because;
        Fields changed;
    };
    const Row rows[] = {
        {"unknown client", {{"client_id", "com.example.none"}}},
        {"unregistered URI", {{"redirect_uri", "https://evil.example.com/"}}},
        {"no URI", {{"redirect_uri", ""}}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Scene scene;
            scene.apple.seat(sim::Visitor{"alice"});
            const sim::Answer answer = scene.get("/auth/authorize", asking(row.changed));
            CHECK(answer.status == 404);
            CHECK_FALSE(answer.documented);
            CHECK(answer.headers.empty());
        }
    }
}

TEST_CASE("people cancel, and some browsers have nobody before them") {
    Scene scene;
    CHECK(scene.get("/auth/authorize", asking()).status == 200);
    scene.apple.seat(sim::Visitor{.account = "alice", .approves = false});
    CHECK(
        delivered(scene.get("/auth/authorize", asking()), '?').value_or_empty("error") ==
        "user_cancelled_authorize");
    CHECK_FALSE(scene.apple.book().consents("alice", app));
}

TEST_CASE("redirect URIs that Apple registers") {
    struct Row {
        const char* uri;
        bool usable;
    };
    const Row rows[] = {
        {"https://tv.example.com/callback", true},
        {"https://tv.example.com:8443/callback?x=1", true},
        {"http://tv.example.com/callback", false},
        {"https://localhost/callback", false},
        {"https://192.0.2.1/callback", false},
        {"https://[::1]/callback", false},
        {"https://intranet/callback", false},
        {"https://tv.example.com/#x", false},
        {"https://", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.uri) {
            CHECK(sim::usable_redirect_uri(row.uri) == row.usable);
        }
    }
}
