// An identity server with two teams, an app with its website, another app, alice and bob, and a clock that
// moves when told.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base64url.hpp"
#include "common/prng.hpp"
#include "worker/sim/identity/apple_identity.hpp"

namespace sim_test {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

inline const std::string app = "com.example.tv";
inline const std::string web = "com.example.tv.web";
inline const std::string other_app = "com.example.radio";
inline const std::string foreign_app = "org.example.news";
inline const std::string redirect_uri = "https://tv.example.com/callback";

// The part of a JWT, 0: header, 1: claims.
inline Json part_of(std::string_view jwt, int part) {
    for (; part > 0; --part) {
        jwt.remove_prefix(jwt.find('.') + 1);
    }
    const auto bytes = common::base64url_bytes(jwt.substr(0, jwt.find('.')));
    REQUIRE(bytes.has_value());
    return Json::parse(bytes->begin(), bytes->end());
}

struct Scene {
    explicit Scene(const sim::IdentityOptions& options = {})
        : apple{
              std::ref(secrets), sim::plain_identity_crypto(),
              [this](std::uint64_t bound) { return random.below(bound); }, options} {
        apple.book().add_client({.client_id = app, .team_id = "TEAM000001"});
        apple.book().add_client(
            {.client_id = web,
             .team_id = "TEAM000001",
             .group = app,
             .native = false,
             .redirect_uris = {redirect_uri, redirect_uri + "?from=apple"}});
        apple.book().add_client({.client_id = other_app, .team_id = "TEAM000001"});
        apple.book().add_client({.client_id = foreign_app, .team_id = "TEAM000002"});
        apple.book().add_person(
            {.account = "alice",
             .given_name = "Alice",
             .family_name = "\"O<Neil>",
             .email = "alice@example.com"});
        apple.book().add_person(
            {.account = "bob", .given_name = "Bob", .email = "bob@example.com", .private_email = true});
    }

    sim::PlainSecrets secrets{.teams_by_key = {{"KEY1", "TEAM000001"}, {"KEY2", "TEAM000002"}}, .times = {}};
    common::Prng random{7};
    sim::AppleIdentity apple;
    common::Now now{common::Instant{1000s}, common::WallTime{1'800'000'000'000ms}};

    void pass(common::Duration time) {
        now.steady += time;
        now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(time);
    }

    [[nodiscard]] std::string secret(const std::string& client = app) const {
        const auto present = std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count();
        const bool foreign = client == foreign_app;
        return sim::plain_secret(
            foreign ? "KEY2" : "KEY1", foreign ? "TEAM000002" : "TEAM000001", client, present - 30,
            present + 3600);
    }

    sim::Answer post(const std::string& path, const Fields& fields) {
        sim::Request request;
        request.path = path;
        request.content_type = std::string{sim::form_type};
        request.body = sim::form_text(fields);
        return apple.handle(request, now);
    }

    sim::Answer get(const std::string& path, const Fields& query = {}) {
        sim::Request request;
        request.method = "GET";
        request.content_type.clear();
        request.path = query.empty() ? path : path + "?" + sim::form_text(query);
        return apple.handle(request, now);
    }

    [[nodiscard]] Fields credentials(const std::string& client, const Fields& more) const {
        Fields fields{{"client_id", client}, {"client_secret", secret(client)}};
        fields.insert(fields.end(), more.begin(), more.end());
        return fields;
    }

    sim::Answer exchange(const std::string& code, const std::string& client = app) {
        return post(
            "/auth/token", credentials(client, {{"grant_type", "authorization_code"}, {"code", code}}));
    }
    sim::Answer refresh(const std::string& token, const std::string& client = app) {
        return post(
            "/auth/token", credentials(client, {{"grant_type", "refresh_token"}, {"refresh_token", token}}));
    }
    sim::Answer revoke(const std::string& token, const std::string& client = app) {
        return post("/auth/revoke", credentials(client, {{"token", token}}));
    }

    // A whole sign-in on a device: TokenResponse.
    Json signed_in(const std::string& account = "alice", const std::string& client = app) {
        const sim::SignIn result = apple.sign_in(account, client, {.name = true, .email = true}, "", now);
        const sim::Answer answer = exchange(result.code, client);
        REQUIRE(answer.status == 200);
        return Json::parse(answer.body);
    }
    std::string refresh_token(const std::string& account = "alice", const std::string& client = app) {
        return signed_in(account, client).at("refresh_token");
    }
};

// "200", or "400 invalid_grant".
inline std::string outcome(const sim::Answer& answer) {
    const std::string status = std::to_string(answer.status);
    if (answer.status != 400) {
        return status;
    }
    return status + ' ' + Json::parse(answer.body).at("error").get<std::string>();
}

}  // namespace sim_test
