// Sessions and notifications as events name them.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "tests/support/examples.hpp"

namespace {

core::Decoded decoded(std::string_view type, const std::string& data) {
    return core::decode(
        tests::example_record(fmt::format(
            R"({{"specversion":"1.0","id":"e-1","source":"/accounts","type":"{}","subject":"account-7f3a",)"
            R"("time":"2026-11-20T09:15:00Z","data":{{"app":"streaming",{}}}}})",
            type, data)),
        tests::example_rules());
}

std::string sessions(const std::string& items) {
    return R"("sign_in_with_apple":[)" + items + "]";
}

}  // namespace

TEST_CASE("sessions are read with their client and their one token, in the order given") {
    const auto record = decoded(
        "account.session-ended.v1", sessions(R"({"client_id":"com.example.web","access_token":"a"},)"
                                             R"({"refresh_token":"r","client_id":"com.example.tv"})"));
    REQUIRE(tests::verdict(record) == "valid");
    const auto& event = std::get<core::Event>(record);
    REQUIRE(event.sessions.size() == 2);
    CHECK(event.sessions[0].client == core::CredentialId{2});
    CHECK(event.sessions[0].token.expose() == "a");
    CHECK((event.sessions[0].kind == core::SessionToken::access));
    CHECK(event.sessions[1].client == core::CredentialId{1});
    CHECK(event.sessions[1].token.expose() == "r");
    CHECK((event.sessions[1].kind == core::SessionToken::refresh));
    CHECK(event.sign_in_tokens.empty());
    CHECK_FALSE(event.notification);
}

TEST_CASE("what an event says of sessions counts only where its type acts on them") {
    const std::string tokens = R"("sign_in_tokens":[{"value":"t"}],)";
    const std::string session = sessions(R"({"client_id":"com.example.tv","refresh_token":"r"})");
    const auto count = [&](std::string_view type) {
        const auto record = decoded(type, tokens + session);
        REQUIRE(tests::verdict(record) == "valid");
        const auto& event = std::get<core::Event>(record);
        return std::pair{event.sign_in_tokens.size(), event.sessions.size()};
    };
    CHECK(count("account.deleted.v1") == std::pair<std::size_t, std::size_t>{1, 1});
    CHECK(count("account.opted-out.v1") == std::pair<std::size_t, std::size_t>{1, 0});
    CHECK(count("account.password-changed.v1") == std::pair<std::size_t, std::size_t>{1, 0});
    CHECK(count("account.session-ended.v1") == std::pair<std::size_t, std::size_t>{0, 1});
    CHECK(count("account.session-check.v1") == std::pair<std::size_t, std::size_t>{0, 1});
}

TEST_CASE("a notification's payload is kept as it came") {
    const auto record =
        decoded("apple.notification.v1", R"("payload":"a.b.c","sign_in_tokens":[{"value":"t"}])");
    REQUIRE(tests::verdict(record) == "valid");
    const auto& event = std::get<core::Event>(record);
    REQUIRE(event.notification);
    CHECK(event.notification->payload.expose() == "a.b.c");
    CHECK(event.notification->keyless == core::CredentialId{3});
    CHECK(event.sign_in_tokens.size() == 1);
}

TEST_CASE("without a configured client nothing of Sign in with Apple is taken") {
    core::DecodeRules rules = tests::example_rules();
    rules.clients.clear();
    rules.keyless.reset();
    for (const auto& example : tests::valid_examples()) {
        const bool identity = example.name.starts_with("notification") || example.name == "session-ended" ||
                              example.name == "session-check" ||
                              example.name == "deleted--with-sign-in-with-apple-sessions";
        CAPTURE(example.name);
        CHECK(
            tests::verdict(core::decode(tests::example_record(example.text), rules)) ==
            (identity ? "unknown_client" : "valid"));
    }
}
