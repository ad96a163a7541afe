// What the status page is told by the adapters.
#include "worker/app/front_page.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("front page: what is not known of brokers and dead letters stays unknown") {
    const common::WallTime now{2h};
    struct Row {
        kafka::Contact contact;
        admin::Brokers brokers;
    };
    for (const Row& row :
         {Row{kafka::Contact::none_yet, admin::Brokers::not_yet},
          Row{kafka::Contact::reached, admin::Brokers::answer},
          Row{kafka::Contact::lost, admin::Brokers::away}}) {
        kafka::KafkaStats source;
        source.contact = row.contact;
        CHECK(app::surroundings(source, std::nullopt, now).brokers == row.brokers);
    }
    const kafka::KafkaStats source;
    CHECK_FALSE(app::surroundings(source, std::nullopt, now).letters_watched);
    const admin::Surroundings unknown = app::surroundings(source, app::ledger::Standing{}, now);
    CHECK(unknown.letters_watched);
    CHECK_FALSE(unknown.letters);

    app::ledger::Owing owing;
    owing.watched = 3;
    owing.open[static_cast<std::size_t>(core::DeadLetterReason::rejected)] = 4;
    owing.oldest = common::WallTime{1h};
    const admin::Surroundings known = app::surroundings(source, app::ledger::Standing{owing, 0}, now);
    REQUIRE(known.letters);
    CHECK(known.letters->watched == 3);
    CHECK(known.letters->all() == 4);
    CHECK(known.letters->oldest == 1h);
}

TEST_CASE("front page: only lags that are known are told, and held partitions") {
    kafka::KafkaStats source;
    source.snapshot.partitions = {{{"events", 0}, std::nullopt}, {{"events", 1}, 12}};
    source.partitions_held = {{"events", 2}};
    const auto lags = app::known_lags(source);
    REQUIRE(lags.size() == 1);
    CHECK(lags[0].partition.partition == 1);
    CHECK(lags[0].records == 12);
    CHECK(app::surroundings(source, std::nullopt, {}).held.size() == 1);
}

TEST_CASE("front page: a moment counts every event and every request, whatever came of them") {
    core::Stats stats;
    stats.counters.events_settled[0][0] = 2;
    stats.counters.events_settled[1][2] = 3;
    stats.counters.attempts[0] = 4;
    stats.counters.attempts[5] = 1;
    core::Status status;
    status.in_flight = 7;
    status.oldest_unexecuted = 3s;
    const admin::Moment moment = app::moment(stats, status, common::Instant{5s});
    CHECK(moment.at == common::Instant{5s});
    CHECK(moment.settled == 5);
    CHECK(moment.attempts == 5);
    CHECK(moment.in_flight == 7);
    CHECK(moment.oldest == 3s);
}
