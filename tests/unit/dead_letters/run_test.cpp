// The pure parts of a run: its stages, its progress line, its plan and its report, and where a group stands.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/dead_letters/letters_world.hpp"
#include "worker/app/dead_letters/canary.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/plan.hpp"
#include "worker/app/dead_letters/run_report.hpp"
#include "worker/core/letters/discard_receipts.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace {

using namespace app::dead_letters;
using core::Offset;

RunReport report() {
    RunReport report;
    report.action = "replay";
    report.selected = report.settled = 500;
    report.with_receipts = true;
    report.tally.sent = 500;
    report.tally.ended[static_cast<std::size_t>(core::Outcome::executed)] = 500;
    return report;
}

}  // namespace

TEST_CASE("canary: one, one in a hundred, one in ten, all; each larger than the one before") {
    struct Row {
        std::uint64_t letters;
        std::uint64_t ends[3];
    };
    const Row rows[] = {
        {1, {1, 2, 3}}, {20, {1, 2, 3}}, {31, {1, 2, 4}}, {400, {1, 4, 40}}, {5001, {1, 51, 501}}};
    for (const Row& row : rows) {
        CAPTURE(row.letters);
        for (std::size_t stage = 0; stage < 3; ++stage) {
            CHECK(stage_end(stage, row.letters) == row.ends[stage]);
        }
        CHECK_FALSE(stage_end(3, row.letters));
    }
}

// A stage whose letters came back in another way than they had failed before once let all the rest go.
TEST_CASE("canary: a stage proves itself only when every letter of it ended well") {
    core::Outcomes::Tally tally;
    tally.sent = 4;
    tally.ended[static_cast<std::size_t>(core::Outcome::executed)] = 3;
    tally.ended[static_cast<std::size_t>(core::Outcome::already_so)] = 1;
    const Stage stage{4, 0, "refused", "dead/2/41"};
    CHECK_FALSE(problem_of(tally, stage));
    CHECK(
        problem_of(tally, {4, 1, "refused", ""}) ==
        "the brokers did not take 1 of the first 4 (refused), so the rest was left alone");
    tally.waiting = 1;
    CHECK(
        problem_of(tally, stage) ==
        "1 of the first 4 had no receipt in time (for example dead/2/41), so the rest was left alone");
    tally.ended[static_cast<std::size_t>(core::Outcome::dead_lettered)] = 2;
    tally.came_back_as = {{"exhausted 500", 1}, {"rejected 422", 1}};
    CHECK(
        problem_of(tally, stage) ==
        "2 of the first 4 came back (exhausted 500 once, rejected 422 once), so the rest was left alone");
}

TEST_CASE("meter: as much as fits, the numbers first") {
    const Numbers numbers{.done = 1204, .of = 5000, .executed = 1180, .came_back = 3, .with_outcomes = true};
    CHECK(
        meter_line(numbers, 3, 200) ==
        "[####................]  1204/5000  24 %  executed 1180  came back 3  401/s  9 s left");
    CHECK(
        meter_line(numbers, 3, 79) ==
        "[###............]  1204/5000  24 %  executed 1180  came back 3  401/s  9 s left");
    CHECK(meter_line(numbers, 3, 60) == "1204/5000  24 %  executed 1180  came back 3  401/s  9 s left");
    CHECK(meter_line(numbers, 3, 20) == "1204/5000  24 %  exe");
    CHECK(
        meter_line({.done = 12, .of = 5000}, 60, 79) ==
        "[....................]  12/5000  0 %  0.2/s  6 h 55 min left");
    CHECK(meter_line({.done = 5000, .of = 5000}, 60, 79) == "[####################]  5000/5000  100 %");
    CHECK(meter_line({}, 0, 79) == "[####################]  0/0  100 %");
}

TEST_CASE("report: what became of every one") {
    struct Row {
        const char* because;
        void (*change)(RunReport& report);
        bool complete;
        const char* words;
    };
    using core::Outcome;
    const Row rows[] = {
        {"all executed", [](RunReport&) {}, true, "500 of 500 sent: 500 executed"},
        {"as they ended",
         [](RunReport& r) {
             r.tally.ended = {412, 0, 31, 0, 0, 2};
             r.tally.waiting = 55;
             r.tally.came_back_as = {{"rejected 400", 2}};
             r.example_waiting = "events.dead-letters/2/41";
         },
         false,
         "500 of 500 sent: 412 executed, 31 already so, 2 came back (rejected 400), 55 not executed yet (for "
         "example events.dead-letters/2/41)"},
        {"back in two ways",
         [](RunReport& r) {
             r.tally.ended = {497, 0, 0, 0, 0, 3};
             r.tally.came_back_as = {{"invalid not_json", 1}, {"rejected 400", 2}};
         },
         false, "500 of 500 sent: 497 executed, 3 came back (invalid not_json once, rejected 400 2 times)"},
        {"no receipts",
         [](RunReport& r) {
             r.with_receipts = false;
             r.tally = {};
         },
         true, "500 of 500 sent; receipts are switched off, so what became of them is not known"},
        {"discarded",
         [](RunReport& r) {
             r.action = "discard";
             r.with_receipts = false;
             r.tally = {};
         },
         true, "500 of 500 discarded"},
        {"discarded, and the last commit did not pass",
         [](RunReport& r) {
             r.action = "discard";
             r.with_receipts = false;
             r.tally = {};
             r.uncommitted = true;
         },
         false,
         "500 of 500 discarded; the last commit did not pass, so the last of them may be open again; "
         "receipts "
         "may say discarded of letters that stay open: repeat the discard, which repeats the same receipts"},
        {"of one letter a receipt was stored and another was not",
         [](RunReport& r) {
             r.action = "discard";
             r.settled = 499;
             r.failed = 1;
             r.with_receipts = false;
             r.tally = {};
         },
         false,
         "499 of 500 discarded; 1 were not taken by the brokers and stay open; receipts may say discarded of "
         "letters that stay open: repeat the discard, which repeats the same receipts"},
        {"some settled by somebody else",
         [](RunReport& r) {
             r.settled = 498;
             r.elsewhere = 2;
             r.tally.ended = {498};
         },
         true, "498 of 500 sent: 498 executed; 2 were settled by somebody else meanwhile"},
        {"interrupted",
         [](RunReport& r) {
             r.settled = 7;
             r.tally.ended = {7};
             r.troubles = {"interrupted"};
         },
         false, "7 of 500 sent: 7 executed"},
        // The commit of a run moves behind what expired, so the next run finds no trace of it.
        {"some had expired before anybody settled them", [](RunReport& r) { r.expired = 7; }, true,
         "500 of 500 sent: 500 executed; up to 7 had expired unsettled before the run: retention took them"},
        {"refused and failed",
         [](RunReport& r) {
             r.settled = 499;
             r.failed = 1;
             r.tally.ended = {499};
             r.refused = {{core::Unsendable::too_often, 4}};
         },
         false,
         "499 of 500 sent: 499 executed; 1 were not taken by the brokers and stay open; 4 refused "
         "(too_often)"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            RunReport given = report();
            row.change(given);
            CHECK(words_of(given) == row.words);
            CHECK(is_complete(given) == row.complete);
            const auto document = nlohmann::json::parse(json_of(given));
            CHECK(document["complete"] == row.complete);
            CHECK(document["expired_unsettled"] == given.expired);
            CHECK(document.contains("outcomes") == given.with_receipts);
        }
    }
}

TEST_CASE("where the group stands: what is settled, and what expired before it was") {
    struct Row {
        const char* because;
        Offset first;
        Offset end;
        std::optional<Offset> committed;
        core::OffsetRanges above;
        Offset settled;
        core::OffsetRanges settled_above;
        std::int64_t expired;
    };
    const Row rows[] = {
        {"never committed", Offset{0}, Offset{9}, std::nullopt, {}, Offset{0}, {}, 0},
        {"never committed, and retention was there",
         Offset{5},
         Offset{9},
         std::nullopt,
         {},
         Offset{5},
         {},
         5},
        {"all settled", Offset{0}, Offset{9}, Offset{9}, {}, Offset{9}, {}, 0},
        {"islands",
         Offset{0},
         Offset{9},
         Offset{2},
         {{Offset{4}, Offset{5}}},
         Offset{2},
         {{Offset{4}, Offset{5}}},
         0},
        {"an earlier topic of this name", Offset{0}, Offset{3}, Offset{7}, {}, Offset{0}, {}, 0},
        {"retention behind the commit", Offset{2}, Offset{9}, Offset{4}, {}, Offset{4}, {}, 0},
        {"retention took open ones",
         Offset{6},
         Offset{9},
         Offset{2},
         {{Offset{4}, Offset{4}}},
         Offset{6},
         {},
         3},
        {"retention into an island",
         Offset{5},
         Offset{9},
         Offset{2},
         {{Offset{4}, Offset{6}}},
         Offset{7},
         {},
         2},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            kafka::GroupOffset group{{"dead", 0}, row.committed};
            if (row.committed) {
                group.metadata = core::encode_offset_map(*row.committed, row.above).text;
            }
            const Stretch stretch = stretch_of({"dead", 0}, {row.first, row.end}, group, {});
            CHECK(stretch.settled == row.settled);
            CHECK(stretch.above == row.settled_above);
            CHECK(stretch.expired == row.expired);
            for (Offset offset = row.first; offset < row.end; offset = offset + 1) {
                bool want = offset < row.settled;
                for (const core::OffsetRange& range : row.settled_above) {
                    want = want || (range.first <= offset && offset <= range.last);
                }
                CHECK(is_settled(stretch, offset) == want);
            }
        }
    }
}

// Brokers forget the offsets of a group that has had no members for a week: what was settled before looked
// open again, though the workers' watch knew better.
TEST_CASE("stretch: what the watch closed is settled, whatever the replay group still knows") {
    const auto progress = [](std::int64_t committed, const core::OffsetRanges& above) {
        return core::GroupProgress{Offset{committed}, core::encode_offset_map(Offset{committed}, above).text};
    };
    struct Row {
        const char* because;
        core::GroupProgress replay;
        core::GroupProgress watch;
        std::vector<std::int64_t> open;
    };
    const Row rows[] = {
        {"neither", {}, {}, {2, 3, 4, 5, 6, 7}},
        {"the replay group was forgotten", {}, progress(4, {{Offset{6}, Offset{6}}}), {4, 5, 7}},
        {"the watch is behind", progress(5, {{Offset{7}, Offset{7}}}), progress(3, {}), {5, 6}},
        {"each knows something",
         progress(3, {{Offset{5}, Offset{5}}}),
         progress(4, {{Offset{7}, Offset{7}}}),
         {4, 6}},
        {"islands that meet",
         progress(3, {{Offset{4}, Offset{4}}}),
         progress(2, {{Offset{3}, Offset{3}}}),
         {5, 6, 7}},
        {"the watch's topic was made again", progress(3, {}), progress(9, {}), {3, 4, 5, 6, 7}},
        {"everything", {}, progress(8, {}), {}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Stretch stretch =
                core::stretch_of({"dead", 0}, Offset{2}, Offset{8}, row.replay, row.watch);
            std::vector<std::int64_t> open;
            for (Offset offset = stretch.first; offset < stretch.end; offset = offset + 1) {
                if (!is_settled(stretch, offset)) {
                    open.push_back(offset.value);
                }
            }
            CHECK(open == row.open);
            CHECK(stretch.expired == (row.replay.committed ? 0 : 2));
        }
    }
}

TEST_CASE("plan: what will be done and what is refused, for people and programs") {
    Plan plan;
    for (const std::int64_t offset : {41, 44}) {
        const core::Letter letter = letters_test::letter(offset);
        ++plan.letters;
        plan.digest.add(letter.place);
        plan.groups.add(letter);
    }
    plan.refused = {{core::Unsendable::foreign_topic, 3}};
    ErrandOptions options;
    options.selection.codes = {"400"};
    const Errand errand{"replay", {}, {}};
    CHECK(text_of(plan, options, errand) == R"~(replay: 2 of 5 open dead letters (code=400)
       2  rejected/400/account.opted-out.v1/tv/events
       3  refused, foreign_topic: its source topic is not among kafka.topics, so no worker of this configuration would read it: use the configuration of the worker that wrote it
)~");
    const auto document = nlohmann::json::parse(json_of(plan, options, errand));
    CHECK(document["selected"] == 2);
    CHECK(document["refused"]["foreign_topic"] == 3);
    CHECK(document["groups"][0]["signature"] == "rejected/400/account.opted-out.v1/tv/events");
    CHECK(document["digest"].get<std::string>().size() == 64);
}

TEST_CASE("plan: only what was chosen then is taken, whatever lies behind it now") {
    Plan plan;
    plan.last = {{{"events.dead-letters", 2}, Offset{41}}};
    ErrandOptions options;
    options.selection.codes = {"400"};
    const Errand errand{
        "replay",
        [](const core::Letter& letter) {
            return letter.replays > 0 ? std::optional{core::Unsendable::too_often} : std::nullopt;
        },
        {}};
    CHECK(is_planned(plan, options, errand, letters_test::letter(40)));
    CHECK(is_planned(plan, options, errand, letters_test::letter(41)));
    CHECK_FALSE(is_planned(plan, options, errand, letters_test::letter(42)));
    CHECK_FALSE(is_planned(plan, options, errand, letters_test::invalid_letter(40)));
    core::Letter refused = letters_test::letter(40);
    refused.replays = 1;
    CHECK_FALSE(is_planned(plan, options, errand, refused));
    core::Letter elsewhere = letters_test::letter(40);
    elsewhere.place.partition.partition = 1;
    CHECK_FALSE(is_planned(plan, options, errand, elsewhere));
}

TEST_CASE("discard: a receipt for each command that is still owed, with the same ids every time") {
    core::DecodeRules rules;
    rules.apps = {{"tv", core::AppId{1}}};
    core::Record record;
    record.key = "anna";
    record.headers = {{"content-type", "application/cloudevents+json"}};
    record.value =
        R"({"specversion":"1.0","id":"e-1","source":"/accounts","type":"account.opted-out.v1","subject":"anna",)"
        R"("time":"2026-01-02T03:04:05Z","data":{"app":"tv","sign_in_tokens":[{"value":"tkn~0"},{"value":"tkn~1"}]}})";
    const core::Discard discard{"anna", "sent anew", "e-2"};
    const auto receipts = [&](const core::Letter& letter) {
        return core::discard_receipts("receipts", discard, rules, letter, record, letters_test::now, "1.0.0");
    };
    core::Letter letter = letters_test::letter(41);
    REQUIRE(receipts(letter).size() == 1);
    const auto one = nlohmann::json::parse(receipts(letter).front().value.value_or(""));
    CHECK(one["id"] == "events.dead-letters/2/41/1");
    CHECK(one["data"]["outcome"] == "discarded");
    CHECK(one["data"]["discard"]["superseded_by"] == "e-2");
    letter.commands.clear();
    CHECK(receipts(letter).size() == 2);
    for (const core::OutgoingRecord& receipt : receipts(letter)) {
        CHECK(receipt.value.value_or("").find("tkn~") == std::string::npos);
    }
    record.value = "{";
    const auto invalid = receipts(letters_test::invalid_letter(42));
    REQUIRE(invalid.size() == 1);
    const auto whole = nlohmann::json::parse(invalid.front().value.value_or(""));
    CHECK(whole["id"] == "events.dead-letters/2/42");
    CHECK(whole["data"]["replay"]["of"] == "events.dead-letters/2/7");
}
