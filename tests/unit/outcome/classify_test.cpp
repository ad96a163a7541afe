#include "worker/core/outcome/classify.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace core {

// What a failing row prints.
doctest::String toString(const Meaning& meaning) {
    std::string text;
    if (const auto* finished = std::get_if<Finished>(&meaning)) {
        text = "Finished " + std::to_string(static_cast<int>(finished->done));
    } else if (const auto* retry = std::get_if<Retry>(&meaning)) {
        text = retry->costs_attempt ? "Retry" : "Retry for free";
    } else if (const auto* hold = std::get_if<Hold>(&meaning)) {
        text = "Hold " + std::to_string(static_cast<int>(hold->reason));
    } else {
        text = "Rejected";
    }
    return text.c_str();
}

}  // namespace core

namespace {

using core::Action;
using core::Answer;
using core::Done;
using core::Exchange;
using core::Finished;
using core::Hold;
using core::HoldReason;
using core::Lost;
using core::LostReason;
using core::Meaning;
using core::NotSent;
using core::NotSentReason;
using core::Rejected;
using core::Retry;

const Meaning credential_refused = Hold{HoldReason::credential_refused};
const Meaning misdirected = Hold{HoldReason::misdirected};
const Meaning throttled = Hold{HoldReason::throttled};

}  // namespace

TEST_CASE("some answers mean different things for an update, a delete, and after a lost attempt") {
    struct Row {
        const char* because;
        Action action;
        bool lost_before;
        Meaning want;
    };
    const Row rows[] = {
        {"a delete that finds nothing has its wish", Action::erase, false, Finished{Done::already_so}},
        {"so has one that was lost before", Action::erase, true, Finished{Done::already_so}},
        {"an update that finds nothing has nothing to update", Action::update, false,
         Finished{Done::not_found}},
        {"after a lost attempt the update was probably it", Action::update, true,
         Finished{Done::probably_executed}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(classify(row.action, row.lost_before, Answer{.status = 404}) == row.want);
        }
    }
}

TEST_CASE("most answers mean the same for every sign-in token command, whatever happened before") {
    struct Row {
        const char* because;
        Exchange exchange;
        Meaning want;
    };
    const Row rows[] = {
        {"204 is the documented success", Answer{.status = 204}, Finished{Done::executed}},
        {"a torn body does not undo a 204", Answer{.status = 204, .body_torn = true},
         Finished{Done::executed}},
        {"200 is not documented: do not guess", Answer{.status = 200}, Retry{}},
        {"202 is not documented", Answer{.status = 202}, Retry{}},
        {"299 is not documented", Answer{.status = 299}, Retry{}},
        {"401 says nothing about the token", Answer{.status = 401}, credential_refused},
        {"403 says nothing about the token", Answer{.status = 403}, credential_refused},
        {"429 holds everybody", Answer{.status = 429}, throttled},
        {"429 is not read from the body", Answer{.status = 429, .body = R"({"error":"x"})"}, throttled},
        {"301 is never followed with the bearer", Answer{.status = 301}, misdirected},
        {"304 is no answer to a POST", Answer{.status = 304}, misdirected},
        {"307 is never followed with the bearer", Answer{.status = 307}, misdirected},
        {"405 is the wrong address", Answer{.status = 405}, misdirected},
        {"410 is the wrong address", Answer{.status = 410}, misdirected},
        {"100 cannot be final", Answer{.status = 100}, misdirected},
        {"199 cannot be final", Answer{.status = 199}, misdirected},
        {"0 is no status", Answer{.status = 0}, misdirected},
        {"-1 is no status", Answer{.status = -1}, misdirected},
        {"600 is no status", Answer{.status = 600}, misdirected},
        {"999 is no status", Answer{.status = 999}, misdirected},
        {"400 will fail again", Answer{.status = 400}, Rejected{}},
        {"402 will fail again", Answer{.status = 402}, Rejected{}},
        {"407 will fail again", Answer{.status = 407}, Rejected{}},
        {"409 will fail again", Answer{.status = 409}, Rejected{}},
        {"413 will fail again", Answer{.status = 413}, Rejected{}},
        {"415 will fail again", Answer{.status = 415}, Rejected{}},
        {"418 will fail again", Answer{.status = 418}, Rejected{}},
        {"422 will fail again", Answer{.status = 422}, Rejected{}},
        {"499 will fail again", Answer{.status = 499}, Rejected{}},
        {"408 is a timeout of theirs", Answer{.status = 408}, Retry{}},
        {"425 asks to come later", Answer{.status = 425}, Retry{}},
        {"500 may pass", Answer{.status = 500}, Retry{}},
        {"501 may pass", Answer{.status = 501}, Retry{}},
        {"503 may pass, whatever its body", Answer{.status = 503, .body = "{", .body_torn = true}, Retry{}},
        {"599 may pass", Answer{.status = 599}, Retry{}},
        {"lost by deadline costs an attempt", Lost{LostReason::deadline}, Retry{.costs_attempt = true}},
        {"lost by reset costs an attempt", Lost{LostReason::reset}, Retry{.costs_attempt = true}},
        {"lost by protocol costs an attempt", Lost{LostReason::protocol}, Retry{.costs_attempt = true}},
        {"a refused stream is free", NotSent{NotSentReason::refused_stream}, Retry{.costs_attempt = false}},
        {"goaway is free", NotSent{NotSentReason::goaway}, Retry{.costs_attempt = false}},
        {"no connection is free", NotSent{NotSentReason::no_connection}, Retry{.costs_attempt = false}},
        {"too late to send is free", NotSent{NotSentReason::deadline_before_sending},
         Retry{.costs_attempt = false}},
        {"nothing to sign with holds the app", NotSent{NotSentReason::no_credential}, credential_refused},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            for (const Action action : core::actions_of(core::CredentialKind::app)) {
                CHECK(classify(action, false, row.exchange) == row.want);
                CHECK(classify(action, true, row.exchange) == row.want);
            }
        }
    }
}

TEST_CASE("only 400 and its kind can make a dead letter, at any status there is") {
    for (int status = -10; status <= 1100; ++status) {
        CAPTURE(status);
        const Meaning meaning = classify(Action::erase, false, Answer{.status = status});
        const bool client_error = status >= 400 && status <= 499;
        CHECK((client_error || !std::holds_alternative<Rejected>(meaning)));
        CHECK((status == 204 || status == 404 || !std::holds_alternative<Finished>(meaning)));
    }
}

TEST_CASE("answer classes: a word for every exchange") {
    struct Row {
        Exchange exchange;
        std::string_view want;
    };
    const Row rows[] = {
        {Answer{.status = 204}, "204"},
        {Answer{.status = 200}, "200"},
        {Answer{.status = 302}, "3xx"},
        {Answer{.status = 401}, "401"},
        {Answer{.status = 403}, "403"},
        {Answer{.status = 404}, "404"},
        {Answer{.status = 408}, "408"},
        {Answer{.status = 429}, "429"},
        {Answer{.status = 409}, "4xx"},
        {Answer{.status = 503}, "503"},
        {Answer{.status = 599}, "5xx"},
        {Answer{.status = 100}, "other"},
        {Answer{.status = -2147483647 - 1}, "other"},
        {Answer{.status = 2147483647}, "other"},
        {NotSent{NotSentReason::refused_stream}, "refused_stream"},
        {NotSent{NotSentReason::goaway}, "goaway"},
        {NotSent{NotSentReason::no_connection}, "no_connection"},
        {NotSent{NotSentReason::deadline_before_sending}, "deadline_before_sending"},
        {NotSent{NotSentReason::no_credential}, "no_credential"},
        {Lost{LostReason::deadline}, "deadline"},
        {Lost{LostReason::reset}, "reset"},
        {Lost{LostReason::protocol}, "protocol"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.want);
        CHECK(core::answer_class(row.exchange) == row.want);
        CHECK(core::answer_classes()[core::answer_class_index(row.exchange)] == row.want);
    }
}

TEST_CASE("answer classes are a closed set without repeats") {
    const auto classes = core::answer_classes();
    const std::set<std::string_view> distinct{classes.begin(), classes.end()};
    CHECK(distinct.size() == classes.size());
    CHECK(distinct.count("") == 0);
    for (int status = -10; status <= 1100; ++status) {
        CHECK(distinct.count(core::answer_class(Answer{.status = status})) == 1);
    }
}
