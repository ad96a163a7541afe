#include "worker/dev/demo/apple_stand.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/result.hpp"
#include "worker/dev/apple/server.hpp"
#include "worker/dev/demo/stop_signal.hpp"

namespace dev {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* issuer = "57246542-96fe-1a63-e053-0824d011072a";
constexpr const char* team = "TEAM123456";
constexpr const char* sign_in_key = "DEMOKEY001";
constexpr const char* identity_key = "DEMOKEY002";
constexpr const char* app = "com.example.tv";
constexpr const char* website = "com.example.tv.web";
constexpr const char* redirect_uri = "https://tv.example.com/callback";

common::Result<std::string> key_in(const std::filesystem::path& file) {
    auto p8 = new_app_key();
    if (p8) {
        if (auto written = write_private_file(file, *p8); !written) {
            return written.error();
        }
    }
    return p8;
}

void populate(AppleServer& server) {
    server.with_people([](sim::People& people, common::Now) {
        for (const char* name : {"anna", "ben"}) {
            people.add_device({.name = fmt::format("{}-phone", name), .account = name});
            people.add_device(
                {.name = fmt::format("{}-tv", name), .platform = sim::Platform::tvos, .account = name});
        }
    });
    server.with_identity([](sim::AppleIdentity& identity, common::Now) {
        identity.book().add_client({.client_id = app, .team_id = team});
        identity.book().add_client(
            {.client_id = website,
             .team_id = team,
             .group = app,
             .native = false,
             .redirect_uris = {redirect_uri}});
        identity.book().add_person(
            {.account = "anna",
             .given_name = "Anna",
             .family_name = "Appleseed",
             .email = "anna@example.com"});
        identity.book().add_person(
            {.account = "ben",
             .given_name = "Ben",
             .family_name = "Baker",
             .email = "ben@example.com",
             .private_email = true});
        identity.notices().set_address(app, "https://accounts.example.com/apple");
        identity.seat(sim::Visitor{"anna"});
    });
}

common::Result<std::unique_ptr<AppleServer>> started(const AppleStandOptions& options) {
    auto certificates = write_certificates(options.folder);
    if (!certificates) {
        return certificates.error();
    }
    auto sign_in_p8 = key_in(options.folder / "sign-in.p8");
    auto identity_p8 = key_in(options.folder / "identity.p8");
    if (!sign_in_p8 || !identity_p8) {
        return sign_in_p8 ? identity_p8.error() : sign_in_p8.error();
    }
    Es256Tokens tokens;
    Es256Secrets secrets;
    auto added = tokens.add_key(sign_in_key, *sign_in_p8);
    auto added_too = secrets.add_key(identity_key, team, *identity_p8);
    if (!added || !added_too) {
        return added ? added_too.error() : added.error();
    }
    tokens.set_issuer(issuer);
    tokens.add_app(app);
    AppleServerOptions server;
    server.certificates = *certificates;
    server.identity = sim::IdentityOptions{.seed = options.seed};
    server.seed = options.seed;
    return AppleServer::start(server, std::move(tokens), std::move(secrets));
}

std::string directions(const AppleServer& server, const AppleStandOptions& options) {
    const std::filesystem::path folder = std::filesystem::absolute(options.folder);
    return Json{
        {"production", server.url(sim::Environment::production)},
        {"sandbox", server.url(sim::Environment::sandbox)},
        {"identity", server.identity_url()},
        {"front_desk", server.front_desk_url()},
        {"ca_file", folder / "ca.pem"},
        {"automatic_sign_in",
         {{"issuer_id", issuer},
          {"key_id", sign_in_key},
          {"key_file", folder / "sign-in.p8"},
          {"bundle_id", app}}},
        {"sign_in_with_apple",
         {{"team_id", team},
          {"key_id", identity_key},
          {"key_file", folder / "identity.p8"},
          {"app", app},
          {"website", website},
          {"redirect_uri", redirect_uri}}},
        {"people", {"anna", "ben"}}}
        .dump(2);
}

}  // namespace

int apple_stand(const AppleStandOptions& options) {
    StopSignal stop;
    auto server = started(options);
    if (!server) {
        fmt::print(stderr, "autosignin-dev apple: {}\n", server.error().message);
        return 7;
    }
    populate(**server);
    fmt::print("{}\n", directions(**server, options));
    std::fflush(stdout);
    while (!stop.wait(std::chrono::hours{1})) {
    }
    return 0;
}

}  // namespace dev
