// The consumer against the embedded broker. The first join of a group takes 3 s there, so a case does a lot.
#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <map>
#include <set>

#include "tests/integration/kafka_adapter_world.hpp"
#include "worker/adapters/kafka/assignment.hpp"
#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/rd.hpp"

using namespace kafka_test;
using core::Assigned;
using core::CommitEnded;
using core::Received;
using core::Revoked;

namespace {

// Stores the records and waits for their acknowledgement.
void produce(const dev::EmbeddedBroker& broker, std::vector<core::Store> stores) {
    Journal journal;
    auto to = sink(settings_for(broker), journal);
    const std::size_t count = stores.size();
    for (core::Store& store : stores) {
        to.port->store(std::move(store));
    }
    REQUIRE(to.until_count<core::StoreEnded>(count));
    for (const auto* ended : to.all<core::StoreEnded>()) {
        REQUIRE(ended->result == core::StoreResult::acknowledged);
    }
}

std::vector<core::Store> numbered(const std::string& topic, int count) {
    std::vector<core::Store> stores;
    for (int i = 0; i < count; ++i) {
        stores.push_back(a_store(static_cast<std::uint64_t>(i + 1), topic, std::to_string(i)));
        stores.back().record.key = std::to_string(i);  // spread over all partitions
    }
    return stores;
}

}  // namespace

TEST_CASE("records arrive byte for byte, with null and empty told apart") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    core::Store full = a_store(1, "events", std::string{"\0\xff{}", 4});
    full.record.headers = {{"ce_id", "7"}, {"empty", ""}, {"null", std::nullopt}, {"ce_id", "again"}};
    full.record.timestamp = common::WallTime{1'700'000'000'123ms};
    core::Store empty = a_store(2, "events", "");
    empty.record.key = "";
    core::Store null = a_store(3, "events");
    null.record.key.reset();
    null.record.value.reset();
    produce(broker, {full, empty, null});

    Journal journal;
    auto from = source(settings_for(broker, {"events"}), journal);
    REQUIRE(from.until_count<Received>(3));
    const auto assigned = from.all<Assigned>();
    REQUIRE(assigned.size() == 1);
    CHECK(assigned[0]->next == core::Offset{0});
    CHECK(assigned[0]->metadata.empty());
    CHECK(assigned[0]->partition == core::TopicPartition{"events", 0});

    const auto received = from.all<Received>();
    CHECK(received[0]->record.epoch == assigned[0]->epoch);
    CHECK(received[0]->record.key == full.record.key);
    CHECK(received[0]->record.value == full.record.value);
    CHECK(received[0]->record.headers == full.record.headers);
    CHECK(received[0]->record.timestamp == *full.record.timestamp);
    CHECK(received[1]->record.key == std::optional<std::string>{""});
    CHECK(received[1]->record.value == std::optional<std::string>{""});
    CHECK_FALSE(received[2]->record.key.has_value());
    CHECK_FALSE(received[2]->record.value.has_value());
    CHECK(received[2]->record.offset == core::Offset{2});
    CHECK(from.port->close(10s));
}

TEST_CASE("a commit's offset and metadata are where the next owner starts; other epochs are left out") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    produce(broker, numbered("events", 10));
    Journal journal;
    {
        auto from = source(settings_for(broker, {"events"}), journal);
        REQUIRE(from.until_count<Received>(10));
        const core::Epoch epoch = from.all<Assigned>()[0]->epoch;
        const core::Epoch foreign = epoch + 1;
        from.port->commit({{foreign, core::Offset{9}, "no"}, {epoch, core::Offset{4}, "asw1r:AQE"}});
        REQUIRE(from.until_count<CommitEnded>(1));
        CHECK(from.all<CommitEnded>()[0]->ok);
        from.port->commit({{foreign, core::Offset{9}, "no"}});
        REQUIRE(from.until_count<CommitEnded>(2));
        CHECK(from.all<CommitEnded>()[1]->ok);
        CHECK(from.port->stats().commit_entries_left_out == 2);
        CHECK(from.port->close(10s));
        from.port->commit({{epoch, core::Offset{9}, "closed"}});
        from.collect();
        REQUIRE(from.all<CommitEnded>().size() == 3);
        CHECK_FALSE(from.all<CommitEnded>()[2]->ok);
    }
    // The first answer to "where do we start" is an error: asked again, nothing is lost.
    broker.fail_next(
        dev::EmbeddedBroker::Request::offset_fetch, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    auto next = source(settings_for(broker, {"events"}), journal);
    REQUIRE(next.until_count<Received>(6));
    const auto assigned = next.all<Assigned>();
    REQUIRE(assigned.size() == 1);
    CHECK(assigned[0]->next == core::Offset{4});
    CHECK(assigned[0]->metadata == "asw1r:AQE");
    CHECK(next.all<Received>()[0]->record.offset == core::Offset{4});
    CHECK(next.port->stats().position_retries == 1);
    CHECK(journal.says("kafka_no_group_right"));

    broker.fail_next(
        dev::EmbeddedBroker::Request::offset_commit, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    next.port->commit({{assigned[0]->epoch, core::Offset{5}, ""}});
    REQUIRE(next.until_count<CommitEnded>(1));
    CHECK_FALSE(next.all<CommitEnded>()[0]->ok);
    CHECK(next.all<CommitEnded>()[0]->error == "GROUP_AUTHORIZATION_FAILED");
}

TEST_CASE("several topics are read, and a paused partition stays silent until resumed") {
    dev::EmbeddedBroker broker{{{"left", 1}, {"right", 1}}};
    Journal journal;
    auto settings = settings_for(broker, {"left", "right"});
    settings.statistics_interval = 200ms;
    auto from = source(settings, journal);
    REQUIRE(from.until_count<Assigned>(2));
    const auto epoch_of = [&](const std::string& topic) {
        for (const Assigned* each : from.all<Assigned>()) {
            if (each->partition.topic == topic) {
                return each->epoch;
            }
        }
        return core::Epoch{};
    };
    const auto count = [&](core::Epoch epoch) {
        const auto received = from.all<Received>();
        return std::count_if(received.begin(), received.end(), [&](const Received* each) {
            return each->record.epoch == epoch;
        });
    };
    from.port->pause(epoch_of("left"));
    from.port->resume(epoch_of("right"));  // never paused: nothing happens
    produce(broker, numbered("left", 20));
    produce(broker, numbered("right", 20));
    REQUIRE(from.until([&] { return count(epoch_of("right")) == 20; }));
    CHECK(count(epoch_of("left")) == 0);
    from.port->resume(epoch_of("left"));
    REQUIRE(from.until([&] { return count(epoch_of("left")) == 20; }));

    from.port->commit({{epoch_of("left"), core::Offset{15}, ""}});
    REQUIRE(from.until_count<CommitEnded>(1));
    const auto lag_is_known = [&] {
        const auto& partitions = from.port->stats().snapshot.partitions;
        return std::any_of(partitions.begin(), partitions.end(), [](const kafka::PartitionLag& each) {
            return each.partition.topic == "left" && each.lag == 5;
        });
    };
    CHECK(from.until(lag_is_known));
    CHECK(from.port->stats().snapshot.brokers.size() == 1);
}

TEST_CASE("a partition is not let go before the engine released it, and moves to a new member after that") {
    dev::EmbeddedBroker broker{{{"events", 2}}};
    produce(broker, numbered("events", 30));
    Journal journal;
    auto first = source(settings_for(broker, {"events"}), journal);
    REQUIRE(first.until_count<Assigned>(2));
    REQUIRE(first.until_count<Received>(30));
    std::vector<core::PartitionCommit> commits;
    for (const Assigned* each : first.all<Assigned>()) {
        commits.push_back({each->epoch, core::Offset{1}, "map"});
    }
    first.port->commit(commits);
    REQUIRE(first.until_count<CommitEnded>(1));
    CHECK(first.all<CommitEnded>()[0]->ok);
    auto second = source(settings_for(broker, {"events"}), journal);
    REQUIRE(first.until_count<Revoked>(1));
    const Revoked asked = *first.all<Revoked>()[0];
    CHECK_FALSE(asked.lost);
    CHECK(asked.epochs.size() == 2);
    CHECK(second.all<Assigned>().empty());

    // A commit while draining is sent. This broker refuses it, which Apache Kafka does not; either way it
    // ends.
    first.port->commit({{asked.epochs[0], core::Offset{1}, "map"}});
    REQUIRE(first.until_count<CommitEnded>(2));
    CAPTURE(first.all<CommitEnded>()[1]->error);
    CHECK((first.all<CommitEnded>()[1]->ok || first.all<CommitEnded>()[1]->error == "REBALANCE_IN_PROGRESS"));
    first.port->release(asked.epochs);
    REQUIRE(first.until_count<Assigned>(3));
    REQUIRE(second.until_count<Assigned>(1));
    CHECK(second.all<Assigned>()[0]->next == core::Offset{1});
    CHECK(second.all<Assigned>()[0]->metadata == "map");
    CHECK(first.all<Assigned>()[2]->epoch > asked.epochs.back());

    first.port->commit({{asked.epochs[0], core::Offset{2}, ""}});
    first.collect();
    CHECK(first.port->stats().commit_entries_left_out == 1);
    CHECK(first.port->close(10s));
}

TEST_CASE("a member for whom no partition is left has its place all the same") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    Journal journal;
    auto first = source(settings_for(broker, {"events"}), journal);
    CHECK_FALSE(first.port->stats().placed);
    REQUIRE(first.until_count<Assigned>(1));
    CHECK(first.port->stats().placed);
    std::vector<Driver<kafka::RecordSource>> members;
    members.push_back(std::move(first));
    for (int late = 0; late < 2; ++late) {  // whoever of them gets it, the other gets nothing
        members.push_back(source(settings_for(broker, {"events"}), journal));
        CHECK_FALSE(members.back().port->stats().placed);
    }
    std::vector<std::size_t> let_go(members.size());
    const auto everybody_knows = [&] {
        std::size_t owned = 0;
        bool placed = true;
        for (std::size_t at = 0; at < members.size(); ++at) {
            members[at].collect();
            for (; let_go[at] < members[at].all<Revoked>().size(); ++let_go[at]) {
                members[at].port->release(members[at].all<Revoked>()[let_go[at]]->epochs);
            }
            owned += members[at].port->stats().partitions_owned;
            placed = placed && members[at].port->stats().placed;
        }
        return placed && owned == 1;
    };
    bool all = false;
    for (int turns = 0; turns < 300 && !all; ++turns) {
        all = members.back().until(everybody_knows, 100ms);
    }
    CHECK(all);
}

TEST_CASE("no partition, since the topic is missing or hidden, is no place") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    Journal journal;
    for (const int code :
         {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED}) {
        kafka::Client client{"consumer", journal};
        auto conf = client.configure(
            settings_for(broker), {}, {{"group.id", "group"}, {"enable.auto.commit", "false"}});
        REQUIRE(conf);
        REQUIRE(client.open(std::move(*conf), true));
        kafka::Assignment assignment{client, kafka::OffsetReset::earliest};
        const kafka::RdPartitions nothing{rd_kafka_topic_partition_list_new(1)};
        std::vector<core::Input> inputs;

        client.reporter().fault(code, "events", "not there", kafka::steady_now());
        assignment.rebalanced(RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, nothing.get(), inputs);
        CHECK_FALSE(client.reporter().stats().placed);

        // Made or granted, and others have its partitions.
        assignment.rebalanced(RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, nothing.get(), inputs);
        assignment.rebalanced(RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, nothing.get(), inputs);
        CHECK(client.reporter().stats().placed);
        CHECK(inputs.empty());
    }
}

TEST_CASE("a partition whose offset cannot be had waits alone, and what is read meanwhile is read on") {
    // One partition's error used to fail the look-up of all, again and again: none of them was read.
    dev::EmbeddedBroker broker{{{"events", 1}}};
    produce(broker, numbered("events", 10));
    Journal journal;
    kafka::Client client{"consumer", journal};
    auto conf =
        client.configure(settings_for(broker), {}, {{"group.id", "group"}, {"enable.auto.commit", "false"}});
    REQUIRE(conf);
    REQUIRE(client.open(std::move(*conf), true));
    rd_kafka_poll_set_consumer(client.handle());
    kafka::Assignment assignment{client, kafka::OffsetReset::earliest};
    kafka::Ownerships& owned = assignment.owned();
    std::map<core::Epoch, std::vector<std::int64_t>> received;
    const auto receive = [&](core::Epoch epoch, std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (received[epoch].size() < count && std::chrono::steady_clock::now() < deadline) {
            rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle(), 100);
            if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                const auto to = owned.receiver(
                    rd_kafka_topic_name(message->rkt), message->partition, core::Offset{message->offset});
                if (to) {
                    received[*to].push_back(message->offset);
                }
            }
            if (message != nullptr) {
                rd_kafka_message_destroy(message);
            }
        }
    };

    const kafka::RdPartitions given{rd_kafka_topic_partition_list_new(2)};
    rd_kafka_topic_partition_list_add(given.get(), "late", 0);  // which is not there yet
    rd_kafka_topic_partition_list_add(given.get(), "events", 0);
    std::vector<core::Input> inputs;
    assignment.rebalanced(RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, given.get(), inputs);
    REQUIRE(inputs.size() == 1);
    const Assigned events = std::get<Assigned>(inputs[0]);
    CHECK(events.partition.topic == "events");
    CHECK(client.reporter().stats().partitions_unread == 1);
    CHECK(journal.says("kafka_unknown_topic"));
    receive(events.epoch, 4);

    assignment.retry(kafka::steady_now() + 2s, inputs);
    CHECK(inputs.size() == 1);
    CHECK(client.reporter().stats().position_retries == 2);
    receive(events.epoch, 6);
    assignment.pause(events.epoch);
    CHECK_FALSE(assignment.rests(kafka::steady_now()));  // librdkafka is told

    broker.create_topic({"late", 1});
    produce(broker, numbered("late", 3));
    assignment.retry(kafka::steady_now() + 2s, inputs);
    REQUIRE(inputs.size() == 2);
    const Assigned late = std::get<Assigned>(inputs[1]);
    CHECK(late.partition.topic == "late");
    CHECK(client.reporter().stats().partitions_unread == 0);
    receive(late.epoch, 3);
    CHECK(received[late.epoch] == std::vector<std::int64_t>{0, 1, 2});
    CHECK(received[events.epoch].size() == 6);  // still paused

    assignment.resume(events.epoch);
    receive(events.epoch, 10);
    CHECK(received[events.epoch] == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});

    // While the group is quiet, a pause begins as a rest of everything, and becomes librdkafka's when it
    // lasts.
    const common::Instant now = kafka::steady_now();
    CHECK_FALSE(assignment.rests(now));
    assignment.pause(events.epoch);
    CHECK(assignment.rests(now));
    assignment.resume(events.epoch);
    CHECK_FALSE(assignment.rests(now));  // a short one cost nothing
    assignment.pause(events.epoch);
    CHECK(assignment.rests(now));
    CHECK_FALSE(assignment.rests(now + 1s));
    assignment.pause(late.epoch);
    CHECK(assignment.rests(now));
    CHECK_FALSE(assignment.rests(now + 1s));
    assignment.resume(late.epoch);
    produce(broker, numbered("late", 2));
    receive(late.epoch, 5);
    CHECK(received[events.epoch].size() == 10);
}

TEST_CASE("without a usable offset, reset=error holds the partition loudly") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    produce(broker, numbered("events", 3));
    Journal journal;
    auto settings = settings_for(broker, {"events"});
    settings.reset = kafka::OffsetReset::error;
    auto from = source(settings, journal);
    REQUIRE(from.until([&] { return !from.port->stats().partitions_held.empty(); }));
    CHECK(from.all<Assigned>().empty());
    CHECK(journal.says("kafka_offset_out_of_range"));
}

TEST_CASE("an unreachable broker is told with a remedy, and the close keeps its bound") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    auto settings = settings_for(broker, {"events"});
    broker.set_down(true);
    Journal journal;
    auto from = source(settings, journal);
    REQUIRE(from.until([&] { return journal.says("kafka_all_brokers_down"); }));
    CHECK(from.port->stats().faults[static_cast<std::size_t>(kafka::FaultKind::unreachable)] > 0);
    CHECK_FALSE(from.port->fatal());
    const auto begun = std::chrono::steady_clock::now();
    static_cast<void>(from.port->close(1s));
    from.port.reset();
    CHECK(std::chrono::steady_clock::now() - begun < 4s);
}

TEST_CASE("a broker that dies while a commit is under way delays the close by its bound alone") {
    dev::EmbeddedBroker broker{{{"events", 1}}};
    produce(broker, numbered("events", 1));
    Journal journal;
    auto from = source(settings_for(broker, {"events"}), journal);
    REQUIRE(from.until_count<Received>(1));
    broker.set_down(true);
    from.port->commit({{from.all<Assigned>()[0]->epoch, core::Offset{1}, ""}});
    const auto begun = std::chrono::steady_clock::now();
    static_cast<void>(from.port->close(500ms));
    CHECK(std::chrono::steady_clock::now() - begun < 3s);
    from.collect();
    CHECK(from.all<CommitEnded>().size() == 1);
}

TEST_CASE("settings that break a promise do not open, and the reason shows no value") {
    dev::EmbeddedBroker broker{{{"other", 1}}};
    Journal journal;
    kafka::KafkaSettings settings = settings_for(broker, {"other"});
    settings.properties["sasl.password"] = "canary";
    const auto refused = kafka::RecordSource::open(settings, journal);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("canary") == std::string::npos);
}
