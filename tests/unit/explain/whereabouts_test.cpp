// What a worker's /status page says of one record.
#include <doctest/doctest.h>

#include <string>

#include "worker/adapters/admin/status_json.hpp"
#include "worker/app/explain/whereabouts.hpp"

namespace {

using core::Offset;

// Committed 10, settled up to 12; a gate and a breaker that are closed and open.
core::Status a_status(std::size_t unsettled) {
    core::Status status;
    core::PartitionStatus& partition = status.partitions.emplace_back();
    partition.partition = {"events", 3};
    partition.committed = Offset{10};
    partition.committable = Offset{12};
    partition.unsettled = unsettled;
    core::GateStatus& gate = status.gates.emplace_back();
    gate.app = "tv";
    gate.state = core::GateState::closed;
    gate.reason = core::GateReason::throttled;
    gate.reopens_in = std::chrono::milliseconds{2500};
    core::BreakerStatus& breaker = status.breakers.emplace_back();
    breaker.endpoint = "api.example.com";
    breaker.state = core::BreakerState::open;
    breaker.open_for = std::chrono::seconds{7};
    return status;
}

std::string joined(const core::Status& status, core::Position position) {
    std::string text;
    const auto told =
        app::explain::whereabouts(admin::status_json(status, "1"), position, "tv", "api.example.com");
    REQUIRE(told);
    for (const std::string& each : told.value()) {
        text += each + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("where a record stands, by its offset and what holds its commands") {
    struct Row {
        const char* because;
        core::Position position;
        std::size_t unsettled;
        const char* says;
        bool held;
    };
    const Row rows[] = {
        {"below the commit", {{"events", 3}, Offset{9}}, 5, "settled and committed", false},
        {"settled since", {{"events", 3}, Offset{11}}, 5, "about to be committed", false},
        {"the first that is not", {{"events", 3}, Offset{12}}, 5, "commits wait for it", true},
        {"behind it", {{"events", 3}, Offset{40}}, 5, "everything below 12 is, 5 records", true},
        {"nothing under way", {{"events", 3}, Offset{12}}, 0, "not read yet", true},
        {"another partition", {{"events", 4}, Offset{12}}, 5, "does not own the partition", false},
        {"another topic", {{"other", 3}, Offset{12}}, 5, "does not own the partition", false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const std::string told = joined(a_status(row.unsettled), row.position);
            CAPTURE(told);
            CHECK(told.find(row.says) != std::string::npos);
            CHECK((told.find("next try in 2.5 s") != std::string::npos) == row.held);
            CHECK((told.find("its breaker is open, for 7 s now") != std::string::npos) == row.held);
        }
    }
}

TEST_CASE("a page that is no worker's is an error, not a crash") {
    for (const char* page : {"", "{}", "[]", "<html>", R"({"partitions": 3})", R"({"partitions": [{}]})"}) {
        CAPTURE(std::string{page});
        CHECK_FALSE(app::explain::whereabouts(page, {{"events", 0}, Offset{0}}, "tv", "h"));
    }
}
