// What became of replayed letters, from receipts in any order, repeated, foreign and hostile.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "worker/core/letters/outcomes.hpp"

namespace {

using core::Outcome;
using core::Outcomes;

core::Letter letter(std::int64_t offset, std::vector<std::size_t> commands = {}) {
    core::Letter letter;
    letter.place = {{"dead", 0}, core::Offset{offset}};
    letter.reason = core::DeadLetterReason::rejected;
    letter.error_code = "400";
    letter.commands = std::move(commands);
    return letter;
}

// As core::receipt() writes it, as far as it matters.
std::string receipt(int offset, int command, const std::string& outcome, const std::string& more = "") {
    return fmt::format(
        R"({{"data":{{"outcome":"{}"{}{},"replay":{{"of":"dead/0/{}","count":1}}}}}})", outcome,
        command < 0 ? "" : fmt::format(R"(,"command":{{"index":{}}})", command), more, offset);
}

std::string back(int offset, int command, const std::string& reason, const std::string& code) {
    return receipt(
        offset, command, "dead_lettered", fmt::format(R"(,"reason":"{}","error_code":"{}")", reason, code));
}

std::uint64_t ended(const Outcomes& outcomes, Outcome outcome) {
    return outcomes.tally().ended[static_cast<std::size_t>(outcome)];
}

}  // namespace

TEST_CASE("outcomes: a letter has ended with the last receipt that is owed, as an event counts") {
    struct Row {
        const char* because;
        std::vector<std::size_t> owed;
        std::size_t commands;
        std::vector<std::string> receipts;
        bool waits;
        Outcome outcome;
    };
    using enum Outcome;
    const Row rows[] = {
        {"one command", {}, 1, {receipt(1, 0, "executed")}, false, executed},
        {"one of two", {}, 2, {receipt(1, 0, "executed")}, true, executed},
        {"two, backwards", {}, 2, {receipt(1, 1, "not_found"), receipt(1, 0, "executed")}, false, executed},
        {"the best counts",
         {},
         2,
         {receipt(1, 0, "not_found"), receipt(1, 1, "already_so")},
         false,
         already_so},
        {"but coming back counts more",
         {},
         2,
         {back(1, 1, "rejected", "400"), receipt(1, 0, "executed")},
         false,
         dead_lettered},
        {"only what is owed", {2}, 3, {receipt(1, 2, "executed")}, false, executed},
        {"what runs again behind it does not end it alone",
         {1},
         3,
         {receipt(1, 1, "executed")},
         true,
         executed},
        {"and is waited for",
         {1},
         3,
         {receipt(1, 1, "executed"), back(1, 2, "rejected", "400")},
         false,
         dead_lettered},
        {"others do not end it",
         {2},
         3,
         {receipt(1, 0, "executed"), receipt(1, 1, "executed")},
         true,
         executed},
        {"repeated ones do not either",
         {},
         2,
         {receipt(1, 0, "executed"), receipt(1, 0, "executed")},
         true,
         executed},
        {"about the whole event", {}, 2, {receipt(1, -1, "nothing_to_do")}, false, nothing_to_do},
        {"invalid again", {}, 0, {back(1, -1, "invalid", "not_json")}, false, dead_lettered},
        {"readable now", {}, 0, {receipt(1, 0, "executed")}, false, executed},
        {"somebody else's", {}, 1, {receipt(2, 0, "executed")}, true, executed},
        {"an outcome of a newer worker", {}, 1, {receipt(1, 0, "teleported")}, true, executed},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Outcomes outcomes;
            outcomes.sent(letter(1, row.owed), row.commands);
            for (const std::string& each : row.receipts) {
                outcomes.receipt(each);
            }
            CHECK(outcomes.tally().sent == 1);
            CHECK(outcomes.tally().waiting == (row.waits ? 1 : 0));
            CHECK(ended(outcomes, row.outcome) == (row.waits ? 0 : 1));
            CHECK(outcomes.example_waiting() == (row.waits ? "dead/0/1" : ""));
            // Once ended, nothing changes it.
            const auto before = outcomes.tally().ended;
            if (!row.waits) {
                outcomes.receipt(back(1, 0, "rejected", "400"));
            }
            CHECK(outcomes.tally().ended == before);
        }
    }
}

TEST_CASE("outcomes: what came back is known by reason and code") {
    Outcomes outcomes;
    for (int offset = 1; offset <= 4; ++offset) {
        outcomes.sent(letter(offset), 1);
    }
    outcomes.receipt(back(1, 0, "rejected", "400"));
    outcomes.receipt(back(2, 0, "rejected", "422"));
    outcomes.receipt(back(3, 0, "exhausted", "400"));
    outcomes.receipt(receipt(4, 0, "executed"));
    CHECK(outcomes.tally().came_back() == 3);
    const std::map<std::string, std::uint64_t> kinds{
        {"exhausted 400", 1}, {"rejected 400", 1}, {"rejected 422", 1}};
    CHECK(outcomes.tally().came_back_as == kinds);
}

TEST_CASE("outcomes: hostile receipts change nothing and end nobody") {
    Outcomes outcomes;
    outcomes.sent(letter(1), 1);
    const std::string deep(2'000'000, '[');
    const std::string hostile[] = {
        "",
        "\"replay\"",
        R"({"replay")",
        R"({"data":{"outcome":"executed","replay":"dead/0/1"}})",
        R"({"data":{"outcome":"executed","replay":{"of":7}}})",
        R"({"data":{"outcome":["executed"],"replay":{"of":"dead/0/1"}}})",
        R"({"data":[{"outcome":"executed","replay":{"of":"dead/0/1"}}]})",
        R"([{"data":{"outcome":"executed","replay":{"of":"dead/0/1"}}}])",
        R"({"data":{"outcome":"executed","command":{"index":-1},"replay":{"of":"dead/0/1"}}})",
        R"({"data":{"outcome":"executed","command":{"index":1.5},"replay":{"of":"dead/0/1"}}})",
        R"({"data":{"outcome":"executed","command":{"index":"0"},"replay":{"of":"dead/0/1"}}})",
        R"({"data":{"outcome":"executed","command":{},"replay":{"of":"dead/0/1"}}})",
        "{\"data\":{\"replay\":{\"of\":\"dead/0/1\xff\"}}}",
        R"({"data":)" + deep + std::string(deep.size(), ']') + R"(,"replay":1})",
        R"({"replay":)" + deep,
    };
    for (const std::string& each : hostile) {
        CAPTURE(each.substr(0, 100));
        outcomes.receipt(each);
        CHECK(outcomes.tally().waiting == 1);
    }
    outcomes.receipt(receipt(1, 0, "executed"));
    CHECK(outcomes.tally().waiting == 0);
}

TEST_CASE("outcomes: kinds without end are not kept without end") {
    Outcomes outcomes;
    for (int offset = 0; offset < 100; ++offset) {
        outcomes.sent(letter(offset), 1);
        outcomes.receipt(back(offset, 0, "rejected", fmt::format("code-{}", offset)));
    }
    CHECK(outcomes.tally().came_back() == 100);
    CHECK(outcomes.tally().came_back_as.size() == 12);
}

TEST_CASE("outcomes: as many letters as are kept in mind, and no more") {
    core::Outcomes outcomes;
    core::Letter letter;
    letter.place.partition = {"dead", 0};
    for (std::int64_t offset = 0; offset < static_cast<std::int64_t>(core::Outcomes::waiting_max); ++offset) {
        REQUIRE_FALSE(outcomes.full());
        letter.place.offset = core::Offset{offset};
        outcomes.sent(letter, 0);
    }
    CHECK(outcomes.full());
    outcomes.receipt(R"({"data":{"replay":{"of":"dead/0/7"},"outcome":"executed"}})");
    CHECK_FALSE(outcomes.full());
}
