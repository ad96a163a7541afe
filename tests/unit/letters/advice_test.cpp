// Whoever looks at a dead letter is told whose turn it is and what to do, whatever went wrong.
#include <doctest/doctest.h>

#include <string>

#include "worker/core/event/whose_turn.hpp"
#include "worker/core/identity/problem.hpp"
#include "worker/core/letters/advice.hpp"
#include "worker/core/outcome/classify.hpp"

namespace {

using core::Advice;
using core::DeadLetterReason;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

void require_sentence(const Advice& advice) {
    CHECK_FALSE(advice.whose.empty());
    CHECK(advice.text.size() > 40);
    CHECK(advice.text.find("  ") == std::string::npos);
    CHECK(advice.text.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("advice: every code of the decoder has its meaning in it, and somebody's turn") {
    for (const core::InvalidCode& code : core::invalid_codes) {
        CAPTURE(std::string{code.code});
        const Advice advice = core::advice_for(DeadLetterReason::invalid, code.code);
        require_sentence(advice);
        CHECK(contains(advice.text, code.meaning));
        const bool config_can_mend =
            code.code == "unknown_app" || code.code == "unknown_type" || code.code == "unknown_client";
        CHECK(contains(advice.whose, config_can_mend ? "whoever runs the worker" : "emits the events"));
        // What the worker's log says of the same record: the two once disagreed.
        CHECK(advice.whose == core::whose_turn(code.code));
    }
}

TEST_CASE("advice: a notification that was not believed is for who forwards it") {
    for (const core::InvalidCode& code : core::identity_codes) {
        CAPTURE(std::string{code.code});
        const Advice advice = core::advice_for(DeadLetterReason::invalid, code.code);
        require_sentence(advice);
        CHECK(contains(advice.text, code.meaning));
        CHECK(contains(advice.whose, "forwards Apple's notifications"));
    }
}

TEST_CASE("advice: every class of Apple's answers has a text, for either reason") {
    for (const std::string_view answer : core::answer_classes()) {
        CAPTURE(std::string{answer});
        require_sentence(core::advice_for(DeadLetterReason::rejected, answer));
        require_sentence(core::advice_for(DeadLetterReason::exhausted, answer));
    }
    for (const DeadLetterReason reason : core::dead_letter_reasons) {
        require_sentence(core::advice_for(reason, ""));
        require_sentence(core::advice_for(reason, "a code of a newer worker"));
    }
}

TEST_CASE("advice: whose turn it is") {
    struct Row {
        DeadLetterReason reason;
        const char* code;
        const char* whose;
        const char* says;
    };
    using enum DeadLetterReason;
    const Row rows[] = {
        {rejected, "400", "the team that emits the events", "values"},
        {rejected, "400 invalid_grant", "the team that emits the events", "another client"},
        {rejected, "400 invalid_request", "the team that emits the events", "revoked the authorization"},
        {rejected, "400 invalid_client", "whoever runs the worker", "client secret"},
        {rejected, "401", "whoever runs the worker", "bundle id"},
        {rejected, "403", "whoever runs the worker", "In-App Purchase key"},
        {rejected, "413", "the team that emits the events", "too large"},
        {rejected, "418", "whoever runs the worker", "before it is replayed"},
        {exhausted, "5xx", "whoever runs the worker", "replay it"},
        {invalid, "not_json", "the team that emits the events", "--superseded-by"},
        {invalid, "unknown_app", "whoever runs the worker, or the emitter of a wrong name",
         "add it to the configuration and replay"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.code});
        const Advice advice = core::advice_for(row.reason, row.code);
        CHECK(advice.whose == row.whose);
        CHECK(contains(advice.text, row.says));
    }
}
