#include "worker/core/identity/identity_token.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace std::chrono_literals;
using core::IdentityToken;
using testing::jws;

namespace {

const core::IdentityTokenRules rules{
    std::string{core::apple_issuer}, {"com.example.tv"}, testing::now, std::nullopt};
const core::IdentityTokenRules with_nonce{
    std::string{core::apple_issuer}, {"com.example.tv"}, testing::now, common::Secret{"n-0"}};

// The claims that every identity token has, and `more`.
std::string claims(std::string_view more = "", std::string_view exp = R"("exp":1800000600)") {
    return R"({"iss":"https://appleid.apple.com","aud":"com.example.tv","iat":1800000000,"sub":"001.a",)" +
           std::string{exp} + std::string{more} + "}";
}

std::variant<IdentityToken, core::UnknownKey, core::IdentityProblem> verified(
    const std::string& payload, const core::IdentityTokenRules& with = rules) {
    const auto read = core::read_signed_token(jws(testing::rs256_header, payload));
    REQUIRE(std::holds_alternative<core::UnverifiedToken>(read));
    return core::verify_identity_token(
               std::get<core::UnverifiedToken>(read), testing::keys(), testing::signed_by, with)
        .result;
}

std::string end_of(const std::variant<IdentityToken, core::UnknownKey, core::IdentityProblem>& result) {
    const auto* problem = std::get_if<core::IdentityProblem>(&result);
    return problem == nullptr ? std::holds_alternative<IdentityToken>(result) ? "fine" : "key?"
                              : std::string{problem->code.code};
}

}  // namespace

TEST_CASE("an identity token says who signed in and how sure Apple is") {
    const auto result = verified(claims(
        R"(,"nonce":"n","nonce_supported":true,"email":"x@privaterelay.appleid.com","email_verified":"true",)"
        R"("is_private_email":true,"real_user_status":2,"transfer_sub":"t.1","auth_time":1,"org_id":"o")"));
    REQUIRE(std::holds_alternative<IdentityToken>(result));
    const auto& token = std::get<IdentityToken>(result);
    CHECK(token.subject == "001.a");
    CHECK(token.audience == "com.example.tv");
    CHECK(token.issued_at == testing::now);
    CHECK(token.expires_at == testing::now + 10min);
    CHECK(token.has_nonce);
    CHECK(token.nonce_supported == true);
    CHECK(token.email == common::Secret{"x@privaterelay.appleid.com"});
    CHECK(token.email_verified == true);
    CHECK(token.is_private_email == true);
    CHECK(token.real_user_status == core::RealUserStatus::likely_real);
    CHECK(token.transfer_subject == "t.1");
}

TEST_CASE("the claims of an identity token against what Apple documents of them") {
    struct Row {
        const char* because;
        std::string payload;
        std::string_view end;
    };
    const Row rows[] = {
        {"the least that there is", claims(), "fine"},
        {"no exp", claims("", R"("x":1)"), "bad_claims"},
        {"expired in this second", claims("", R"("exp":1800000000)"), "expired"},
        {"an empty email, as managed accounts have it", claims(R"(,"email":"")"), "fine"},
        {"an email that is a number", claims(R"(,"email":1)"), "bad_claims"},
        {"email_verified as text", claims(R"(,"email_verified":"false")"), "fine"},
        {"email_verified as anything", claims(R"(,"email_verified":"yes")"), "bad_claims"},
        {"real_user_status 3", claims(R"(,"real_user_status":3)"), "bad_claims"},
        {"real_user_status -1", claims(R"(,"real_user_status":-1)"), "bad_claims"},
        {"real_user_status as text", claims(R"(,"real_user_status":"2")"), "bad_claims"},
        {"transfer_sub as a number", claims(R"(,"transfer_sub":1)"), "bad_claims"},
        {"an empty text where one is documented", claims(R"(,"transfer_sub":"")"), "bad_claims"},
        {"null is absent", claims(R"(,"transfer_sub":null)"), "fine"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(end_of(verified(row.payload)) == row.end);
        }
    }
}

TEST_CASE("a nonce that was sent must come back, unless the platform cannot carry one") {
    struct Row {
        const char* because;
        const core::IdentityTokenRules& rules;
        std::string_view claims;
        std::string_view end;
    };
    const Row rows[] = {
        {"the same", with_nonce, R"(,"nonce":"n-0")", "fine"},
        {"the same, on a platform that says so", with_nonce, R"(,"nonce":"n-0","nonce_supported":true)",
         "fine"},
        {"another", with_nonce, R"(,"nonce":"n-1")", "wrong_nonce"},
        {"another, whatever is supported", with_nonce, R"(,"nonce":"n-1","nonce_supported":false)",
         "wrong_nonce"},
        {"none although supported", with_nonce, R"(,"nonce_supported":true)", "wrong_nonce"},
        {"none although supported, as text", with_nonce, R"(,"nonce_supported":"true")", "wrong_nonce"},
        {"none and nothing said", with_nonce, "", "wrong_nonce"},
        {"none because not supported", with_nonce, R"(,"nonce_supported":false)", "fine"},
        {"an empty one", with_nonce, R"(,"nonce":"")", "bad_claims"},
        {"one that nobody asked about", rules, R"(,"nonce":"n-1")", "fine"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(end_of(verified(claims(row.claims), row.rules)) == row.end);
        }
    }
}
