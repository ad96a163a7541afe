// The producer against the embedded broker.
#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <set>

#include "tests/integration/kafka_adapter_world.hpp"

using namespace kafka_test;
using core::StoreEnded;
using core::StoreResult;

TEST_CASE("every store is acknowledged once") {
    dev::EmbeddedBroker broker{{{"letters", 2}}};
    Journal journal;
    auto to = sink(settings_for(broker), journal);
    CHECK(to.port->prepare({"letters"}, 5s).empty());
    for (std::uint64_t id = 1; id <= 500; ++id) {
        to.port->store(a_store(id, "letters"));
    }
    REQUIRE(to.until_count<StoreEnded>(500));
    std::set<std::uint64_t> ids;
    for (const StoreEnded* ended : to.all<StoreEnded>()) {
        CHECK(ended->result == StoreResult::acknowledged);
        ids.insert(ended->id.value);
    }
    CHECK(ids.size() == 500);
    CHECK(to.port->stats().outstanding == 0);
    CHECK(to.port->close(5s));
    CHECK_FALSE(to.port->fatal());
}

TEST_CASE("small records refused with their batch as too large are stored alone") {
    // A broker judges the batch, not the record: believing it would strip small dead letters of their values.
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto settings = settings_for(broker);
    settings.properties["linger.ms"] = "200";  // all in one batch
    auto to = sink(settings, journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    broker.fail_next(dev::EmbeddedBroker::Request::produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        to.port->store(a_store(id, "letters"));
    }
    REQUIRE(to.until([&] { return to.port->stats().sent_alone > 0; }));
    to.port->store(a_store(4, "letters"));
    REQUIRE(to.until_count<StoreEnded>(4));
    CHECK(to.all<StoreEnded>().size() == 4);
    for (const StoreEnded* ended : to.all<StoreEnded>()) {
        CHECK(ended->result == StoreResult::acknowledged);
    }
    CHECK(to.port->stats().sent_alone == 3);
}

TEST_CASE("a record that is refused alone is too large") {
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto to = sink(settings_for(broker), journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    broker.fail_next(dev::EmbeddedBroker::Request::produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 2);
    to.port->store(a_store(1, "letters"));
    REQUIRE(to.until_count<StoreEnded>(1));
    CHECK(to.all<StoreEnded>()[0]->result == StoreResult::too_large);
    CHECK(to.all<StoreEnded>()[0]->error == "MSG_SIZE_TOO_LARGE");
    CHECK(journal.says("kafka_message_too_large"));
}

TEST_CASE("records that are refused again on the spot do not leave the rest waiting") {
    // The first of them loses the right to write, which librdkafka remembers: the next is refused without a
    // request, so no answer would come that lets the one after it go.
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto settings = settings_for(broker);
    settings.properties["linger.ms"] = "200";  // all in one batch
    settings.statistics_interval = 1h;         // nothing else may wake it
    auto to = sink(settings, journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    broker.fail_next(dev::EmbeddedBroker::Request::produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    broker.fail_next(dev::EmbeddedBroker::Request::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    for (std::uint64_t id = 1; id <= 4; ++id) {
        to.port->store(a_store(id, "letters"));
    }
    REQUIRE(to.until_count<StoreEnded>(1));
    CHECK(to.all<StoreEnded>().size() == 4);
    for (const StoreEnded* ended : to.all<StoreEnded>()) {
        CHECK(ended->result == StoreResult::failed);
    }
}

TEST_CASE("a record above message.max.bytes is too large without asking anybody") {
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto settings = settings_for(broker);
    settings.properties["message.max.bytes"] = "1000000";
    auto to = sink(settings, journal);
    to.port->store(a_store(1, "letters", std::string(1'500'000, 'x')));
    REQUIRE(to.until_count<StoreEnded>(1));
    CHECK(to.all<StoreEnded>()[0]->result == StoreResult::too_large);
}

TEST_CASE("a missing right fails the store, says so and can pass") {
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto to = sink(settings_for(broker), journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    broker.fail_next(dev::EmbeddedBroker::Request::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    to.port->store(a_store(1, "letters"));
    REQUIRE(to.until_count<StoreEnded>(1));
    CHECK(to.all<StoreEnded>()[0]->result == StoreResult::failed);
    CHECK(to.all<StoreEnded>()[0]->error == "TOPIC_AUTHORIZATION_FAILED");
    CHECK(journal.says("kafka_no_topic_right"));
    // librdkafka remembers the refusal until it has asked for the topic again, which it does once a second.
    CHECK(to.port->prepare({"letters"}, 5s).empty());
    to.port->store(a_store(2, "letters"));
    REQUIRE(to.until_count<StoreEnded>(2));
    CHECK(to.all<StoreEnded>()[1]->result == StoreResult::acknowledged);
    CHECK_FALSE(to.port->fatal());
}

TEST_CASE("stores end as failed when the broker is dead, in time and at the close") {
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    Journal journal;
    auto settings = settings_for(broker);
    settings.properties["message.timeout.ms"] = "1000";
    auto to = sink(settings, journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    broker.set_down(true);
    to.port->store(a_store(1, "letters"));
    REQUIRE(to.until_count<StoreEnded>(1));
    CHECK(to.all<StoreEnded>()[0]->result == StoreResult::failed);

    to.port->store(a_store(2, "letters"));
    const auto begun = std::chrono::steady_clock::now();
    CHECK_FALSE(to.port->close(100ms));
    CHECK(std::chrono::steady_clock::now() - begun < 3s);
    to.collect();
    to.port->store(a_store(3, "letters"));
    to.collect();
    CHECK(to.all<StoreEnded>().size() == 3);
    CHECK(to.all<StoreEnded>().back()->result == StoreResult::failed);
}
