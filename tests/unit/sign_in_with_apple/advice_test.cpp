#include "worker/app/sign_in_with_apple/advice.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "worker/app/sign_in_with_apple/rendering.hpp"

using app::identity::advice;
using app::identity::Format;
using app::identity::Question;
using core::IdentityError;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("each documented error has a meaning, and its likeliest cause comes first") {
    struct Row {
        const char* because;
        Question question;
        IdentityError error;
        std::string_view meaning;
        std::string_view first;
    };
    const Row rows[] = {
        {"a withdrawn consent can look like a bad request", Question::refresh, IdentityError::invalid_request,
         "does not accept the request", "withdrew consent"},
        {"a client is mostly refused for its key", Question::revoke, IdentityError::invalid_client,
         "does not accept the client", "Sign in with Apple key of this team"},
        {"a code is mostly refused because it was used", Question::exchange, IdentityError::invalid_grant,
         "the code is not valid", "used before"},
        {"a refresh token is mostly refused because the session is over", Question::refresh,
         IdentityError::invalid_grant, "the token is not valid", "the session is over"},
        {"the same for a revocation", Question::revoke, IdentityError::invalid_grant,
         "the token is not valid", "the session is over"},
        {"a client that may not", Question::exchange, IdentityError::unauthorized_client,
         "the client may not", "enable Sign in with Apple"},
        {"a grant type", Question::exchange, IdentityError::unsupported_grant_type, "grant type",
         "changed the form"},
        {"a scope", Question::exchange, IdentityError::invalid_scope, "scope", "not here"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto told = advice(row.question, row.error);
            CHECK(contains(told.meaning, row.meaning));
            REQUIRE_FALSE(told.causes.empty());
            CHECK(contains(told.causes.front(), row.first));
        }
    }
    CHECK(advice(Question::revoke, IdentityError::unknown).causes.empty());
    CHECK(app::identity::causes_text(advice(Question::revoke, IdentityError::unknown)).empty());
}

TEST_CASE("a refusal is told for people and for scripts, and Apple's words cannot colour a terminal") {
    const core::ErrorResponse refused{
        IdentityError::invalid_grant, "invalid_grant", "The code\x1b[31m\nhas expired."};
    const std::string text = rendered(400, refused, Question::exchange, Format::text);
    CHECK(text.starts_with("400 invalid_grant: the code is not valid for this client\nApple says: The code"));
    CHECK(contains(text, "\nLikely causes, in this order:\n1. the code was used before"));
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\nhas expired"));

    const auto object = nlohmann::json::parse(rendered(400, refused, Question::exchange, Format::json));
    CHECK(object["status"] == 400);
    CHECK(object["error"] == "invalid_grant");
    CHECK(object["causes"].size() == 4);

    const core::ErrorResponse of_tomorrow{IdentityError::unknown, "invalid\x1b_target", ""};
    CHECK(
        rendered(400, of_tomorrow, Question::revoke, Format::text) ==
        "400 invalid\\u001b_target: an error that Apple does not document\n");
}

TEST_CASE("what comes without Apple's words is no refusal, and says what to do") {
    struct Row {
        int status;
        std::string_view remedy;
    };
    const Row rows[] = {
        {302, "never followed"},      {404, "check sign_in_with_apple.endpoint"},
        {401, "what stands between"}, {400, "what stands between"},
        {429, "ask again later"},     {500, "ask again later"},
        {503, "nothing is known"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.status);
        CHECK(contains(app::identity::without_error(row.status), row.remedy));
    }
}

TEST_CASE("tokens are masked unless they are asked for") {
    const core::TokenResponse tokens{
        common::Secret{"a-hush"}, std::chrono::seconds{3600}, common::Secret{"r-hush"}, std::nullopt};
    for (const Format format : {Format::text, Format::json}) {
        CHECK_FALSE(contains(rendered(tokens, format, false), "hush"));
        CHECK(contains(rendered(tokens, format, true), "r-hush"));
        CHECK_FALSE(contains(rendered(tokens, format, true), "id_token"));
    }
}
