// How a settled letter ended, read from what lies in the receipts topic.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "worker/core/letters/discard_receipts.hpp"
#include "worker/core/letters/fate.hpp"

namespace {

using namespace std::chrono_literals;
using core::Fate;

const common::WallTime failed_at{std::chrono::milliseconds{1'769'850'307'042}};  // 2026-01-31T09:05:07

core::Letter letter() {
    core::Letter letter;
    letter.place = {{"dead", 2}, core::Offset{41}};
    letter.error_code = "400";
    letter.last_failed = failed_at;
    return letter;
}

std::string discard_of(const core::Letter& letter) {
    const core::Discard discard{"anna", "sent anew", "e-2"};
    const auto receipts =
        core::discard_receipts("receipts", discard, {}, letter, {}, failed_at + 1h, "0.1.0");
    return receipts.front().value.value();
}

std::string receipt_of(const std::string& dead_letter, int index, core::Outcome outcome) {
    core::ReceiptFacts facts;
    facts.from = {"events", 3};
    facts.offset = core::Offset{9000};
    facts.command = static_cast<std::size_t>(index);
    facts.outcome = outcome;
    facts.replay_of = dead_letter;
    return core::receipt("receipts", facts, std::nullopt).value.value();
}

std::string run_at(const std::string& time, const std::string& by, const std::string& action = "replay") {
    return fmt::format(
        R"({{"type":"autosignin.dead-letters.audited.v1","time":"{}",)"
        R"("data":{{"action":"{}","phase":"begun","by":"{}","why":"w"}}}})",
        time, action, by);
}

Fate told(const std::vector<std::string>& records) {
    Fate fate{letter()};
    for (const std::string& record : records) {
        fate.record(record);
    }
    return fate;
}

}  // namespace

TEST_CASE("fate: a discard names its letter, who, when and why") {
    core::Letter other = letter();
    other.place.offset = core::Offset{4};
    CHECK(told({discard_of(other)}).how() == Fate::How::unknown);
    const Fate fate =
        told({run_at("2026-01-31T10:00:00.000Z", "bert"), discard_of(letter()), discard_of(other)});
    CHECK(fate.how() == Fate::How::discarded);
    REQUIRE(fate.runs().size() == 1);
    CHECK(fate.runs()[0].by == "anna");
    CHECK(fate.runs()[0].at == "2026-01-31T10:05:07.042Z");
    CHECK(fate.runs()[0].why == "sent anew");
    CHECK(fate.runs()[0].superseded_by == "e-2");
}

TEST_CASE(
    "fate: a replay is told by its receipts, each counted once, and its person by the runs since it failed") {
    const Fate fate = told(
        {run_at("2026-01-31T09:05:07.000Z", "too early"), run_at("2026-01-31T10:00:00.000Z", "anna"),
         run_at("2026-01-31T10:00:00.000Z", "somebody", "discard"), "", "null", "[]",
         R"({"data":{"dead":1}})", receipt_of("dead/2/41", 0, core::Outcome::executed),
         receipt_of("dead/2/41", 0, core::Outcome::executed),
         receipt_of("dead/2/41", 1, core::Outcome::dead_lettered),
         receipt_of("dead/2/4", 2, core::Outcome::executed)});
    CHECK(fate.how() == Fate::How::replayed);
    CHECK(fate.outcomes() == std::map<std::string, int>{{"dead_lettered", 1}, {"executed", 1}});
    REQUIRE(fate.runs().size() == 1);
    CHECK(fate.runs()[0].by == "anna");
}

TEST_CASE("fate: of many runs the newest are kept, the others counted") {
    std::vector<std::string> runs;
    for (int minute = 10; minute < 17; ++minute) {
        runs.push_back(run_at(fmt::format("2026-01-31T10:{}:00.000Z", minute), fmt::format("p{}", minute)));
    }
    const Fate fate = told(runs);
    CHECK(fate.how() == Fate::How::unknown);
    CHECK(fate.runs().size() == Fate::runs_max);
    CHECK(fate.runs().back().by == "p16");
    CHECK(fate.runs_left_out() == 4);
}
