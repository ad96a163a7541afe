// `autosignin-worker sign-in-with-apple` against the simulated Apple on real sockets: what a script learns
// from its exit code, and a person from its words.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/identity_scene.hpp"

namespace {

using cli::IdentityScene;
using Texts = std::vector<std::string>;

struct Desk {
    Desk() : config{scene.write_config()}, alice{scene.add_person("alice")} {
        scene.apple().with_identity([](sim::AppleIdentity& identity, common::Now) {
            identity.book().add_client({.client_id = "com.example.radio", .team_id = cli::team_id});
        });
    }

    std::string file(const std::string& name, const std::string& text) {
        std::ofstream{scene.path(name)} << text;
        return scene.path(name);
    }
    std::string code() {
        std::string code;
        scene.apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
            code = identity.sign_in("alice", cli::client_id, {}, {}, now).code;
        });
        return file("code", code);
    }
    cli::Ended ask(const std::string& command, const Texts& more) {
        Texts arguments{"sign-in-with-apple", command, "--config", config};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return cli::run(arguments);
    }

    IdentityScene scene;
    std::string config;
    IdentityScene::Person alice;
};

}  // namespace

TEST_CASE("sign-in-with-apple: a refusal is Apple's, and what says nothing about the token is none") {
    using enum sim::FaultKind;
    struct Row {
        const char* because;
        std::vector<sim::Fault> faults;
        const char* command;
        int code;
        const char* says;
    };
    const Row rows[] = {
        {"a good session", {}, "refresh", 0, "expires_in"},
        {"a page is no revocation",
         {{.kind = fail, .status = 200, .body = sim::BodyForm::html}},
         "revoke",
         7,
         "nobody knows what was revoked"},
        {"nor is it a token",
         {{.kind = fail, .status = 200, .body = sim::BodyForm::html}},
         "refresh",
         7,
         "200"},
        {"an outage", {{.kind = fail, .status = 503}}, "refresh", 7, "503"},
        {"a redirect", {{.kind = fail, .status = 302}}, "revoke", 7, "never followed"},
        {"a throttle", {{.kind = throttle}}, "refresh", 7, "429"},
        {"no answer", {{.kind = drop_request}}, "revoke", 7, "no answer"},
        {"refused",
         {{.kind = refuse_credential}},
         "revoke",
         13,
         "400 invalid_client: Apple does not accept the client or its secret"},
        {"an error of tomorrow",
         {{.kind = reject_value, .error = "invalid_target"}},
         "refresh",
         13,
         "400 invalid_target: an error that Apple does not document"},
    };
    Desk desk;
    const std::string token = desk.file("token", desk.alice.session);
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        desk.scene.script_identity(row.faults);
        const cli::Ended ended = desk.ask(row.command, {token});
        CAPTURE(ended.output);
        CHECK(ended.code == row.code);
        CHECK(cli::contains(ended.output, row.says));
        CHECK_FALSE(cli::contains(ended.output, desk.alice.session));
    }
    CHECK(desk.scene.lives(desk.alice.session));
    desk.scene.script_identity({});
    CHECK(desk.ask("revoke", {token}).code == 0);
    CHECK_FALSE(desk.scene.lives(desk.alice.session));
}

TEST_CASE("sign-in-with-apple: a code works once, for its own client, and is not spent for a wrong path") {
    Desk desk;
    const std::string code = desk.code();
    const std::string tokens = desk.scene.path("tokens.json");
    std::filesystem::create_directories(desk.scene.path("folder"));
    CHECK(desk.ask("exchange", {code, "--output", desk.scene.path("folder")}).code == 7);
    const cli::Ended nowhere = desk.ask("exchange", {code});
    CHECK(nowhere.code == 2);
    CHECK(cli::contains(nowhere.output, "its tokens would be lost"));
    desk.config = desk.scene.write_config(
        {{"sign_in_with_apple.clients",
          fmt::format(
              "[{{client_id: {0}, team_id: {2}, keys: [{{id: {3}, file: identity.p8}}]}}, "
              "{{client_id: {1}, team_id: {2}, keys: [{{id: {3}, file: identity.p8}}]}}]",
              cli::client_id, "com.example.radio", cli::team_id, cli::Scene::identity_key_id)}});
    const cli::Ended foreign =
        desk.ask("exchange", {code, "--client", "com.example.radio", "--output", tokens});
    CAPTURE(foreign.output);
    CHECK(foreign.code == 13);
    CHECK(cli::contains(foreign.output, "400 invalid_grant: the code is not valid for this client"));
    CHECK(desk.ask("exchange", {code, "--client", cli::client_id, "--output", tokens}).code == 0);
    CHECK(std::filesystem::file_size(tokens) > 100);
    const cli::Ended again = desk.ask("exchange", {code, "--client", cli::client_id, "--output", tokens});
    CHECK(again.code == 13);
    CHECK(cli::contains(again.output, "already been used"));
}

TEST_CASE("sign-in-with-apple: what is no token is not asked about, or it would look revoked") {
    Desk desk;
    for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
             {R"({"refresh_token":")" + desk.alice.session + "\"}", "jq -r .refresh_token"},
             {"\"" + desk.alice.session + "\"", "no token has"},
             {desk.alice.session + "\n" + desk.alice.session, "no token has"}}) {
        for (const char* command : {"revoke", "refresh"}) {
            const cli::Ended ended = desk.ask(command, {desk.file("tokens", text)});
            CAPTURE(ended.output);
            CHECK(ended.code == 7);
            CHECK(cli::contains(ended.output, says));
            CHECK_FALSE(cli::contains(ended.output, desk.alice.session));
        }
    }
    CHECK(desk.scene.lives(desk.alice.session));
}

TEST_CASE("sign-in-with-apple: an output that is no plain file is left alone") {
    Desk desk;
    const std::string link = desk.scene.path("link");
    const std::string target = desk.file("target", "before");
    std::filesystem::create_symlink(target, link);
    for (const std::string& path : {link, std::string{"/dev/null"}}) {
        const cli::Ended ended = desk.ask("keys", {"--output", path});
        CAPTURE(ended.output);
        CHECK(ended.code == 7);
        CHECK(cli::contains(ended.output, path + ": cannot be written: it exists and is no plain file"));
    }
    CHECK(std::filesystem::is_symlink(link));
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("sign-in-with-apple: a saved key set that is none is named by its file") {
    Desk desk;
    std::string jwt;
    desk.scene.apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
        jwt = identity.sign_in("alice", cli::client_id, {}, {}, now).identity_token;
    });
    const std::string token = desk.file("token", jwt);
    const std::string keys = desk.scene.path("keys.json");
    const cli::Ended ended = desk.ask("verify", {token, "--keys", desk.file("other", "[]")});
    CHECK(ended.code == 7);
    CHECK(cli::contains(ended.output, desk.scene.path("other") + ": the key set"));
    CHECK(desk.ask("keys", {"--output", keys}).code == 0);
    CHECK(desk.ask("verify", {token, "--keys", keys}).code == 0);
}
