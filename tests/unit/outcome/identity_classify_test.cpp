// What Apple's identity service says, by kind of call: apple-apis sections 5.3 and 5.4.
#include <doctest/doctest.h>

#include <string>

#include "../identity/support.hpp"
#include "worker/core/outcome/classify.hpp"

namespace {

using core::Action;
using core::Answer;
using core::Done;
using core::Finished;
using core::Hold;
using core::HoldReason;
using core::Meaning;
using core::Rejected;
using core::Retry;

const Meaning refused = Hold{HoldReason::credential_refused};
const Meaning misdirected = Hold{HoldReason::misdirected};
const Meaning throttled = Hold{HoldReason::throttled};
const Meaning executed = Finished{Done::executed};
const Meaning unsure = Rejected{.certain = false};

Answer json(int status, std::string body) {
    return {.status = status, .content_type = "application/json;charset=UTF-8", .body = std::move(body)};
}
Answer error(const std::string& name) {
    return json(400, R"({"error":")" + name + R"(","error_description":"x"})");
}
Answer torn(Answer answer) {
    answer.body_torn = true;
    return answer;
}
Answer as_html(Answer answer) {
    answer.content_type = "text/html";
    return answer;
}

}  // namespace

TEST_CASE("what Apple's identity service says of a revocation, a check and the key set") {
    struct Row {
        const char* because;
        Answer answer;
        Meaning revoke;
        Meaning check;
        Meaning key_set;
    };
    const Answer tokens = json(200, R"({"access_token":"a","token_type":"Bearer","expires_in":3600})");
    const Answer keys = json(200, R"({"keys":[)" + testing::jwk("K1") + "]}");
    const Row rows[] = {
        {"200, empty: revoked now or before", {.status = 200}, executed, Retry{}, Retry{}},
        {"200 with a token response", tokens, executed, executed, Retry{}},
        {"200 with a key set", keys, executed, Retry{}, executed},
        {"200 whose body is torn", torn(tokens), Retry{}, Retry{}, Retry{}},
        {"a key set that is torn", torn(keys), Retry{}, Retry{}, Retry{}},
        {"200 that broke off before a body", torn({.status = 200}), executed, Retry{}, Retry{}},
        // A revocation was once taken for done because a portal had answered it.
        {"a portal's 200", as_html(json(200, "<html>")), Retry{}, Retry{}, Retry{}},
        {"200 that names an error", json(200, R"({"error":"invalid_client"})"), Retry{}, Retry{}, Retry{}},
        {"200, empty, in whatever type", as_html({.status = 200}), executed, Retry{}, Retry{}},
        {"204 is not documented here", {.status = 204}, Retry{}, Retry{}, Retry{}},
        {"invalid_client: the secret, not the session", error("invalid_client"), refused, refused,
         misdirected},
        {"invalid_grant: another client's token; a session that is over", error("invalid_grant"), Rejected{},
         Finished{Done::session_over}, misdirected},
        {"invalid_request", error("invalid_request"), Rejected{}, Rejected{}, misdirected},
        {"unauthorized_client: nothing that an event says", error("unauthorized_client"), refused, refused,
         misdirected},
        {"unsupported_grant_type: the same", error("unsupported_grant_type"), refused, refused, misdirected},
        {"invalid_scope: the same", error("invalid_scope"), refused, refused, misdirected},
        {"an error of tomorrow", error("invalid_target"), unsure, unsure, misdirected},
        {"400 without a body", {.status = 400}, unsure, unsure, misdirected},
        {"400 that is no JSON", json(400, "<html>"), unsure, unsure, misdirected},
        {"400 that does not say it is JSON", as_html(error("invalid_grant")), unsure, unsure, misdirected},
        {"400 cut short", torn(error("invalid_grant")), unsure, unsure, misdirected},
        {"401", {.status = 401}, refused, refused, misdirected},
        {"401, whatever its body", torn(json(401, R"({"error":"invalid_grant"})")), refused, refused,
         misdirected},
        {"403", {.status = 403}, refused, refused, misdirected},
        {"404 is a wrong address", {.status = 404}, misdirected, misdirected, misdirected},
        {"405", {.status = 405}, misdirected, misdirected, misdirected},
        {"410", {.status = 410}, misdirected, misdirected, misdirected},
        {"408", {.status = 408}, Retry{}, Retry{}, Retry{}},
        {"413", {.status = 413}, Rejected{}, Rejected{}, misdirected},
        {"429 holds everybody", {.status = 429}, throttled, throttled, throttled},
        {"500", {.status = 500}, Retry{}, Retry{}, Retry{}},
        {"503", {.status = 503}, Retry{}, Retry{}, Retry{}},
        {"302 is never followed with a secret", {.status = 302}, misdirected, misdirected, misdirected},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            for (const bool lost_before : {false, true}) {
                CHECK((classify(Action::revoke, lost_before, row.answer) == row.revoke));
                CHECK((classify(Action::check, lost_before, row.answer) == row.check));
                CHECK((classify(Action::key_set, lost_before, row.answer) == row.key_set));
            }
        }
    }
}

TEST_CASE("no answer about the key set is about a notification, whatever its status") {
    for (int status = -10; status <= 1100; ++status) {
        CAPTURE(status);
        CHECK_FALSE(std::holds_alternative<Rejected>(
            classify(Action::key_set, false, json(status, R"({"error":"invalid_request"})"))));
    }
}

TEST_CASE("a 400 is told by the error it names") {
    CHECK(core::answer_class(error("invalid_grant")) == "400 invalid_grant");
    CHECK(core::answer_class(error("invalid_client")) == "400 invalid_client");
    CHECK(core::answer_class(error("nothing_known")) == "400");
    CHECK(core::answer_class(torn(error("invalid_grant"))) == "400");
    Answer shouted = error("invalid_grant");
    shouted.content_type = "Application/JSON; charset=utf-8";
    CHECK(core::answer_class(shouted) == "400 invalid_grant");
    CHECK(core::answer_class(Answer{.status = 200}) == "200");
}
