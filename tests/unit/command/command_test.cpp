#include "worker/core/command/command.hpp"

#include <doctest/doctest.h>

#include "worker/core/command/request.hpp"

namespace {

using common::Secret;

core::SignInToken token(const char* value) {
    return {Secret{value}, std::nullopt};
}
core::SignInToken token(const char* value, const char* replacement) {
    return {Secret{value}, Secret{replacement}};
}

core::Command update(std::string value, std::string replacement) {
    return {core::Action::update, Secret{std::move(value)}, Secret{std::move(replacement)}};
}
core::Command erase(std::string value) {
    return {core::Action::erase, Secret{std::move(value)}, Secret{}};
}

}  // namespace

TEST_CASE("commands_for: a replacement is an update, none is a delete, the order stays") {
    struct Row {
        const char* because;
        std::vector<core::SignInToken> tokens;
        std::vector<core::Command> want;
    };
    const Row rows[] = {
        {"no token, nothing to do", {}, {}},
        {"one to delete", {token("a")}, {erase("a")}},
        {"one to update", {token("a", "b")}, {update("a", "b")}},
        {"oldest first, as given",
         {token("c"), token("a", "x"), token("b", "x")},
         {erase("c"), update("a", "x"), update("b", "x")}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            for (const core::EventType type : core::event_types) {
                core::Event event;
                event.type = type;
                event.sign_in_tokens = row.tokens;
                CHECK((core::commands_for(event) == row.want));
            }
        }
    }
}

TEST_CASE("request_for: Apple's paths and field names, letter by letter") {
    const auto updated = core::request_for(update("old", "new"), core::EndpointId{4});
    CHECK(updated.path == "/account/v1/autoSignIn/update");
    CHECK(updated.content_type == "application/json");
    CHECK(
        updated.body.expose() == R"({"existingAutoSignInTokenValue":"old","newAutoSignInTokenValue":"new"})");
    CHECK(updated.method == "POST");
    CHECK((updated.place == core::CredentialPlace::authorization_header));
    CHECK(updated.endpoint == core::EndpointId{4});

    const auto deleted = core::request_for(erase("old"), core::EndpointId{0});
    CHECK(deleted.path == "/account/v1/autoSignIn/delete");
    CHECK(deleted.content_type == "application/json");
    CHECK(deleted.body.expose() == R"({"autoSignInTokenValue":"old"})");
}

TEST_CASE("request_for: a value is escaped where JSON demands it") {
    struct Row {
        const char* because;
        std::string value;
        std::string want;
    };
    const Row rows[] = {
        {"quotes and backslashes", R"(a"b\c)", R"(a\"b\\c)"},
        {"control characters", std::string("\0\n\x1f", 3), R"(\u0000\n\u001f)"},
        {"DEL, slash and UTF-8 stay", "\x7f/\xC3\xAB\xF0\x9D\x84\x9E", "\x7f/\xC3\xAB\xF0\x9D\x84\x9E"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto request = core::request_for(erase(row.value), {});
            CHECK(request.body.expose() == "{\"autoSignInTokenValue\":\"" + row.want + "\"}");
        }
    }
}

TEST_CASE("action_name: as Apple names the calls") {
    CHECK(core::action_name(core::Action::update) == "update");
    CHECK(core::action_name(core::Action::erase) == "delete");
}
