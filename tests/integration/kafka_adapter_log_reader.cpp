// Reading stretches of a partition without a group, against the embedded broker.
#include <doctest/doctest.h>

#include "common/prng.hpp"
#include "tests/integration/kafka_adapter_world.hpp"
#include "worker/adapters/kafka/log_reader.hpp"

using namespace kafka_test;
using core::Offset;

namespace {

const core::TopicPartition letters{"letters", 0};

void fill(const dev::EmbeddedBroker& broker, const std::vector<std::string>& values) {
    Journal journal;
    auto to = sink(settings_for(broker), journal);
    REQUIRE(to.port->prepare({"letters"}, 5s).empty());
    for (std::size_t i = 0; i < values.size(); ++i) {
        to.port->store(a_store(i + 1, "letters", values[i]));
    }
    REQUIRE(to.until_count<core::StoreEnded>(values.size()));
}

std::vector<std::string> numbers(int count) {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) {
        texts.push_back(std::to_string(i));
    }
    return texts;
}

std::unique_ptr<kafka::LogReader> a_reader(
    const dev::EmbeddedBroker& broker, common::Duration patience = 10s) {
    return std::move(kafka::LogReader::open(settings_for(broker), patience)).value();
}

}  // namespace

TEST_CASE("a stretch is what was written there, in order, whatever comes behind it") {
    const dev::EmbeddedBroker broker{{{"letters", 1}, {"wide", 3}}};
    fill(broker, numbers(200));
    const auto reader = a_reader(broker);
    CHECK(*reader->partitions("wide") == 3);
    const auto marks = reader->watermarks(letters);
    REQUIRE(marks);
    CHECK((*marks).first == Offset{0});
    CHECK((*marks).end == Offset{200});
    struct Row {
        const char* because;
        std::int64_t first;
        std::int64_t end;
        std::size_t stop_after;
        std::int64_t want_first;
        std::size_t want_count;
        std::int64_t want_next;
    };
    const Row rows[] = {
        {"everything", 0, 200, 1000, 0, 200, 200},
        {"one record, as explain reads it", 7, 8, 1000, 7, 1, 8},
        {"from the middle", 50, 120, 1000, 50, 70, 120},
        {"again what was read before", 50, 120, 1000, 50, 70, 120},
        {"nothing", 9, 9, 1000, 9, 0, 9},
        {"the caller has enough", 10, 200, 3, 10, 3, 13},
        {"the log ends before the stretch does", 190, 5000, 1000, 190, 10, 200},
        {"at the log's end", 200, 300, 1000, 200, 0, 200},
        {"beyond the log's end", 250, 300, 1000, 250, 0, 250},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        std::vector<Offset> offsets;
        const auto next =
            reader->read(letters, Offset{row.first}, Offset{row.end}, [&](core::Record&& record) {
                CHECK(record.value == std::to_string(record.offset.value));
                CHECK(record.key == "key");
                offsets.push_back(record.offset);
                return offsets.size() < row.stop_after;
            });
        REQUIRE(next);
        CHECK(*next == Offset{row.want_next});
        REQUIRE(offsets.size() == row.want_count);
        for (std::size_t i = 0; i < offsets.size(); ++i) {
            CHECK(offsets[i] == Offset{row.want_first + static_cast<std::int64_t>(i)});
        }
    }
}

TEST_CASE("what retention took is a hole") {
    const dev::EmbeddedBroker broker{{{"letters", 1}}};
    // The embedded broker keeps 5 MiB, as stored: noise, so that no codec makes it small.
    common::Prng prng{5};
    std::vector<std::string> values(20);
    for (std::string& value : values) {
        value.resize(600'000);
        for (char& byte : value) {
            byte = static_cast<char>(prng.below(256));
        }
    }
    fill(broker, values);
    const auto reader = a_reader(broker);
    const auto marks = reader->watermarks(letters);
    REQUIRE(marks);
    REQUIRE((*marks).first > Offset{0});
    std::vector<Offset> offsets;
    const auto next = reader->read(letters, Offset{0}, (*marks).end, [&](core::Record&& record) {
        offsets.push_back(record.offset);
        return true;
    });
    REQUIRE(next);
    CHECK(*next == (*marks).end);
    REQUIRE_FALSE(offsets.empty());
    CHECK(offsets.front() == (*marks).first);
    CHECK(offsets.size() == static_cast<std::size_t>((*marks).end - (*marks).first));
}

TEST_CASE("what is not there is an error that says so") {
    const dev::EmbeddedBroker broker{{{"letters", 1}}};
    const auto reader = a_reader(broker);
    const auto marks = reader->watermarks({"letters", 5});
    REQUIRE_FALSE(marks);
    CHECK(marks.error().message.starts_with("letters[5]: "));
    CHECK(marks.error().message.find("no such partition") != std::string::npos);
    const auto read = reader->read({"letters", 5}, Offset{0}, Offset{1}, [](core::Record&&) { return true; });
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with("letters[5]: "));
}

TEST_CASE("silent brokers end every call within its patience, with what the network said") {
    dev::EmbeddedBroker broker{{{"letters", 1}}};
    fill(broker, numbers(3));
    broker.set_down(true);
    const auto reader = a_reader(broker, 1500ms);
    const auto before = std::chrono::steady_clock::now();
    const auto count = reader->partitions("letters");
    const auto marks = reader->watermarks(letters);
    const auto read = reader->read(letters, Offset{0}, Offset{3}, [](core::Record&&) { return true; });
    CHECK(std::chrono::steady_clock::now() - before < 15s);
    REQUIRE_FALSE(count);
    REQUIRE_FALSE(marks);
    REQUIRE_FALSE(read);
    CHECK(count.error().message.find("kafka.bootstrap_servers") != std::string::npos);
    CHECK(marks.error().message.find("kafka.bootstrap_servers") != std::string::npos);
    CHECK(read.error().message.find("kafka.bootstrap_servers") != std::string::npos);
}

TEST_CASE("settings that would break a promise are refused here too") {
    kafka::KafkaSettings settings;
    settings.bootstrap_servers = "127.0.0.1:1";
    settings.properties["isolation.level"] = "read_uncommitted";
    const auto refused = kafka::LogReader::open(settings, 1s);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("isolation.level") != std::string::npos);
}
