// Commands and requests of the Sign in with Apple API, and the table that both APIs share.
#include <doctest/doctest.h>

#include <set>

#include "worker/core/command/request.hpp"

namespace {

using common::Secret;
using core::Action;
using core::CredentialId;

core::Command session(
    Action action, std::string token, core::SessionToken kind = core::SessionToken::refresh) {
    return {action, Secret{std::move(token)}, Secret{}, CredentialId{1}, kind};
}

core::Event an_event(core::EventType type) {
    core::Event event;
    event.type = type;
    return event;
}

}  // namespace

TEST_CASE("every action is a call of one kind of credential, and its kinds are neighbours") {
    std::set<std::pair<std::string_view, std::string_view>> calls;
    std::size_t counted = 0;
    for (const auto kind :
         {core::CredentialKind::app, core::CredentialKind::client, core::CredentialKind::keyless}) {
        for (const Action action : core::actions_of(kind)) {
            CHECK((core::call_of(action).made_by == kind));
            CHECK(calls.emplace(core::call_of(action).method, core::call_of(action).path).second);
            ++counted;
        }
    }
    CHECK(counted == core::actions.size());
    CHECK(core::action_name(Action::revoke) == "revoke");
    CHECK(core::action_name(Action::check) == "check");
    CHECK(core::action_name(Action::key_set) == "key_set");
}

TEST_CASE("commands_for: tokens before sessions, and a notification's key set before its tokens") {
    core::Event deleted = an_event(core::EventType::deleted);
    deleted.sign_in_tokens.push_back({Secret{"t"}, std::nullopt});
    deleted.sessions.push_back({CredentialId{1}, Secret{"r"}, core::SessionToken::refresh});
    deleted.sessions.push_back({CredentialId{2}, Secret{"a"}, core::SessionToken::access});
    const auto commands = core::commands_for(deleted);
    REQUIRE(commands.size() == 3);
    CHECK((commands[0].action == Action::erase));
    CHECK((commands[1] == session(Action::revoke, "r")));
    CHECK((commands[2].session_token == core::SessionToken::access));
    CHECK(commands[2].credential == CredentialId{2});

    core::Event check = an_event(core::EventType::session_check);
    check.sessions.push_back({CredentialId{1}, Secret{"r"}, core::SessionToken::refresh});
    CHECK((core::commands_for(check).front() == session(Action::check, "r")));

    core::Event notification = an_event(core::EventType::notification);
    notification.sign_in_tokens.push_back({Secret{"t"}, std::nullopt});
    notification.notification = core::SignedNotification{Secret{"jws"}, CredentialId{3}};
    const auto judged = core::commands_for(notification);
    REQUIRE(judged.size() == 2);
    CHECK((judged[0].action == Action::key_set));
    CHECK(judged[0].value.expose() == "jws");
    CHECK(judged[0].credential == CredentialId{3});
    CHECK((judged[1].action == Action::erase));
}

TEST_CASE("request_for: the forms of Apple's identity service, letter by letter") {
    const auto revoke = core::request_for(
        session(Action::revoke, "r.1", core::SessionToken::access), core::EndpointId{4}, "com.example.tv");
    CHECK(revoke.method == "POST");
    CHECK(revoke.path == "/auth/revoke");
    CHECK(revoke.content_type == "application/x-www-form-urlencoded");
    CHECK((revoke.place == core::CredentialPlace::client_secret_field));
    CHECK(revoke.body.expose() == "client_id=com.example.tv&token=r.1&token_type_hint=access_token");
    CHECK(revoke.credential == CredentialId{1});
    CHECK(revoke.endpoint == core::EndpointId{4});

    const auto check =
        core::request_for(session(Action::check, "r.1"), core::EndpointId{4}, "com.example.tv");
    CHECK(check.path == "/auth/token");
    CHECK(check.body.expose() == "client_id=com.example.tv&grant_type=refresh_token&refresh_token=r.1");

    const auto keys =
        core::request_for(session(Action::key_set, "a jws that stays here"), core::EndpointId{4});
    CHECK(keys.method == "GET");
    CHECK(keys.path == "/auth/keys");
    CHECK(keys.content_type.empty());
    CHECK(keys.body.empty());
    CHECK((keys.place == core::CredentialPlace::nowhere));
}

TEST_CASE("request_for: whatever a token holds, the form has the fields it should") {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
        every_byte += static_cast<char>(byte);
    }
    const auto request = core::request_for(session(Action::check, every_byte), {}, "a b&c=d%");
    const std::string body{request.body.expose()};
    CHECK(body.starts_with("client_id=a%20b%26c%3Dd%25&grant_type=refresh_token&refresh_token=%00%01"));
    CHECK(body.ends_with("%FE%FF"));
    CHECK(body.find("%2C-.%2F0123456789%3A") != std::string::npos);
}
