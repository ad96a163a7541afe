#include "worker/core/identity/token_response.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;
using core::IdentityError;

TEST_CASE("the answer to an exchange holds three tokens, that to a refresh two") {
    const auto exchange = core::read_token_response(
        R"({"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r","id_token":"i"})");
    REQUIRE(exchange);
    CHECK(exchange->access_token == common::Secret{"a"});
    CHECK(exchange->expires_in == 3600s);
    CHECK(exchange->refresh_token == common::Secret{"r"});
    CHECK(exchange->id_token == common::Secret{"i"});

    const auto refresh = core::read_token_response(
        R"({"access_token":"a","token_type":"bearer","expires_in":3600,"id_token":"i"})");
    REQUIRE(refresh);
    CHECK_FALSE(refresh->refresh_token);
}

TEST_CASE("a token response is taken when what is documented is as documented") {
    struct Row {
        const char* because;
        std::string body;
        bool taken;
    };
    const Row rows[] = {
        {"the least that RFC 6749 asks for", R"({"access_token":"a","token_type":"BEARER"})", true},
        {"members that are not documented", R"({"access_token":"a","token_type":"bearer","scope":{"x":[1]}})",
         true},
        {"no access token", R"({"token_type":"bearer"})", false},
        {"an empty access token", R"({"access_token":"","token_type":"bearer"})", false},
        {"an access token that is a number", R"({"access_token":1,"token_type":"bearer"})", false},
        {"no type", R"({"access_token":"a"})", false},
        {"a type that we cannot use", R"({"access_token":"a","token_type":"mac"})", false},
        {"a lifetime as text", R"({"access_token":"a","token_type":"bearer","expires_in":"3600"})", false},
        {"a lifetime below zero", R"({"access_token":"a","token_type":"bearer","expires_in":-1})", false},
        {"a lifetime of centuries", R"({"access_token":"a","token_type":"bearer","expires_in":1e12})", false},
        {"a refresh token that is a list", R"({"access_token":"a","token_type":"bearer","refresh_token":[]})",
         false},
        {"a name twice", R"({"access_token":"a","access_token":"b","token_type":"bearer"})", false},
        {"an error", R"({"error":"invalid_grant"})", false},
        {"a page of a proxy", "<html>", false},
        {"nothing", "", false},
        {"too large",
         R"({"access_token":"a","token_type":"bearer","x":")" +
             std::string(core::token_answer_bytes_max, 'x') + "\"}",
         false},
        {"a token that is too large",
         R"({"token_type":"bearer","access_token":")" + std::string(20'000, 'x') + "\"}", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto response = core::read_token_response(row.body);
            CHECK(static_cast<bool>(response) == row.taken);
        }
    }
}

TEST_CASE("an error response names one of Apple's errors, or one that Apple does not document") {
    struct Row {
        const char* because;
        std::string body;
        std::string_view error;  // "": refused
    };
    const Row rows[] = {
        {"invalid_request", R"({"error":"invalid_request"})", "invalid_request"},
        {"invalid_client", R"({"error":"invalid_client"})", "invalid_client"},
        {"invalid_grant", R"({"error":"invalid_grant"})", "invalid_grant"},
        {"unauthorized_client", R"({"error":"unauthorized_client"})", "unauthorized_client"},
        {"unsupported_grant_type", R"({"error":"unsupported_grant_type"})", "unsupported_grant_type"},
        {"invalid_scope", R"({"error":"invalid_scope"})", "invalid_scope"},
        {"a new one", R"({"error":"slow_down"})", "unknown"},
        {"names are compared with case", R"({"error":"Invalid_Grant"})", "unknown"},
        {"not even the name unknown is known", R"({"error":"unknown"})", "unknown"},
        {"a number", R"({"error":1})", ""},
        {"an empty one", R"({"error":""})", ""},
        {"none", R"({"error_description":"x"})", ""},
        {"twice", R"({"error":"invalid_grant","error":"invalid_client"})", ""},
        {"a list", R"(["invalid_grant"])", ""},
        {"no JSON", "invalid_grant", ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto response = core::read_error_response(row.body);
            CHECK((response ? core::identity_error_name(response->error) : "") == row.error);
        }
    }
}

TEST_CASE("a description, which is not documented, is kept in bounds and spoils nothing") {
    CHECK(
        core::read_error_response(R"({"error":"invalid_grant","error_description":"The code has expired."})")
            ->description == "The code has expired.");
    CHECK(core::read_error_response(R"({"error":"invalid_grant","error_description":[1]})")
              ->description.empty());
    const auto longer = core::read_error_response(
        R"({"error":"invalid_grant","error_description":")" + std::string(5000, 'x') + "\"}");
    REQUIRE(longer);
    CHECK(longer->description.size() == 500);
}
