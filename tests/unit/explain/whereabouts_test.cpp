// What a worker's /record page says of one record, in sentences.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "worker/adapters/admin/status_json.hpp"
#include "worker/app/explain/whereabouts.hpp"

namespace {

using core::Barrier;
using core::LanePlace;
using core::Offset;
using core::RecordStage;
using namespace std::chrono_literals;

const core::Position asked{{"events", 3}, Offset{12}};
constexpr common::WallTime noon{std::chrono::milliseconds{1767355200000}};  // 2026-01-02T12:00:00Z

core::RecordStatus a_status(RecordStage stage) {
    core::RecordStatus status;
    status.stage = stage;
    status.committed = Offset{10};
    status.committable = Offset{11};
    status.position = Offset{40};
    return status;
}

core::RecordStatus queued(LanePlace lane) {
    core::RecordStatus status = a_status(RecordStage::queued);
    lane.credential = "tv";
    lane.commands = 1;
    lane.attempts_max = 10;
    lane.front = core::Position{{"events", 3}, Offset{12 - static_cast<std::int64_t>(lane.ahead)}};
    status.lane = std::move(lane);
    return status;
}

std::string joined(const core::RecordStatus& status) {
    std::string text;
    const auto told = app::explain::whereabouts(admin::record_json(status, asked, noon, "1"), asked);
    REQUIRE(told);
    for (const std::string& each : told.value()) {
        text += each + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("where a record stands, by its stage") {
    auto paused = a_status(RecordStage::unread);
    paused.position = Offset{5};
    paused.paused = true;
    auto committed = a_status(RecordStage::settled);
    committed.committed = Offset{13};
    auto first = a_status(RecordStage::storing);
    first.committable = asked.offset;
    struct Row {
        const char* because;
        core::RecordStatus status;
        const char* says;
    };
    const Row rows[] = {
        {"another worker's", a_status(RecordStage::elsewhere),
         "this worker does not own the partition now: ask the one that does\n"},
        {"not read", paused,
         "not read yet: the worker reads on at offset 5, 7 before it; the partition is paused, since as much "
         "as may be buffered is under way\n"},
        {"settled", a_status(RecordStage::settled),
         "settled, not committed yet; its receipt says how it ended\n"},
        {"committed", committed,
         "settled and committed: executed, dead-lettered or nothing to do; its receipt says which\n"},
        {"the first that is not settled", first,
         "its commands have ended: the broker has not acknowledged its dead letter or receipts\n"
         "the first of its partition that is not settled: commits wait for it\n"},
        {"dropped", a_status(RecordStage::let_go),
         "its partition is being given back: the next owner executes it\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(joined(row.status) == row.says);
        }
    }
}

TEST_CASE("where a record stands in its account's lane") {
    LanePlace second_command;
    second_command.in_flight_for = 1500ms;
    auto of_two = queued(second_command);
    of_two.lane->command = 1;
    of_two.lane->commands = 2;
    auto lost = queued({.ahead = 1, .in_flight_for = 2s});
    lost.lane->front.reset();
    struct Row {
        const char* because;
        core::RecordStatus status;
        const char* says;
    };
    const Row rows[] = {
        {"free", queued({}),
         "attempt 1 is next\n"
         "no gate or breaker holds it: it goes when the limits of requests in flight and a second let it "
         "through\n"},
        {"in flight", of_two, "attempt 1 of command 2 of 2 is in flight, for 1.5 s now\n"},
        {"waits for a retry",
         queued(
             {.attempts = 3,
              .charged = 2,
              .last_answer = "server_error",
              .last_http_status = 503,
              .retry_in = 2500ms}),
         "attempt 4 waits until 2026-01-02T12:00:02.500Z, in 2.5 s; the last one ended as server_error (HTTP "
         "503), and 2 of at most 10 failures are its own\n"},
        {"behind another", queued({.ahead = 2, .in_flight_for = 1s}),
         "waiting behind 2 records of its account, the first of them events/3/10\n"
         "of that one, attempt 1 is in flight, for 1.0 s now\n"},
        {"behind what is lost", lost,
         "waiting behind an answer that its account still awaits for a partition that was given back\n"},
        {"held by a gate and a breaker",
         queued(
             {.barriers =
                  {{Barrier::By::gate, "closed", "throttled", 10s, 20s},
                   {Barrier::By::breaker, "half_open", {}, 7s, std::nullopt}}}),
         "attempt 1 is next\n"
         "calls of this kind for tv are held: the gate is closed (throttled) for 10 s now, until "
         "2026-01-02T12:00:20.000Z, in 20.0 s\n"
         "calls of this kind for tv are held: the breaker is half_open for 7 s now, a probe is under way or "
         "due\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(joined(row.status) == row.says);
        }
    }
}

TEST_CASE("a page that is no worker's, or about another record, is an error, not a crash") {
    const std::string other =
        admin::record_json(a_status(RecordStage::settled), {{"events", 3}, Offset{13}}, noon, "1");
    const std::string cut = R"({"record": "events/3/12", "stage": "queued", "lane": {"records_ahead": 1}})";
    for (const std::string& page :
         {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{"<html>"}, other, cut}) {
        CAPTURE(page);
        CHECK_FALSE(app::explain::whereabouts(page, asked));
    }
}
