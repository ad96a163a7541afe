#include "worker/app/parting.hpp"

#include <doctest/doctest.h>

namespace {

core::Status status(std::size_t in_flight, std::size_t stores, std::vector<std::size_t> unsettled) {
    core::Status made;
    made.in_flight = in_flight;
    made.stores_in_flight = stores;
    for (const std::size_t records : unsettled) {
        made.partitions.emplace_back().unsettled = records;
    }
    return made;
}

}  // namespace

// A stop with code 5 said only "stopped with exit code 5", and one with code 6 that Kafka had not answered.
TEST_CASE("leaving otherwise than clean is explained with what was open") {
    struct Row {
        const char* because;
        app::ExitCode code;
        std::optional<core::Status> before;
        const char* event;  // none: nothing is said
        const char* says;
    };
    const Row rows[] = {
        {"clean", app::ExitCode::ok, status(0, 0, {}), nullptr, ""},
        {"fenced: the client said so itself", app::ExitCode::kafka_fatal, status(3, 0, {9}), nullptr, ""},
        {"work under way", app::ExitCode::drained_late, status(3, 2, {4, 5}), "drained_late",
         "drain_timeout passed with 3 requests to Apple in flight, 2 receipts and dead letters on their way "
         "to "
         "Kafka and 9 records unfinished"},
        {"nothing under way, so it was the commit", app::ExitCode::drained_late, status(0, 0, {7}),
         "drained_late", "Kafka did not take the last commit within drain_timeout"},
        {"over before anybody looked", app::ExitCode::drained_late, std::nullopt, "drained_late",
         "drain_timeout passed before the work under way could end"},
        {"a second signal", app::ExitCode::stopped_at_once, status(1, 0, {2}), "stopped_at_once",
         "stopped at once, without a last commit and without leaving the group, with 1 requests"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto said = app::parting_words(row.code, row.before);
            REQUIRE(said.has_value() == (row.event != nullptr));
            if (said) {
                CAPTURE(said->message);
                CHECK(said->severity == core::Severity::warning);
                CHECK(said->event == row.event);
                CHECK(said->message.find(row.says) != std::string::npos);
            }
        }
    }
}

TEST_CASE("a look is due at once and then ten times a second") {
    app::LastLook look;
    const common::Instant start{std::chrono::hours{1}};
    CHECK(look.due(start));
    CHECK_FALSE(look.due(start + std::chrono::milliseconds{99}));
    CHECK(look.due(start + std::chrono::milliseconds{100}));
}
