#include "tests/bench/events_in_kafka.hpp"

#include <fmt/format.h>

#include <array>

#include "tests/bench/events.hpp"
#include "tests/kafka/handles.hpp"
#include "tests/kafka/require.hpp"

namespace bench {
namespace {

constexpr int partitions = 16;
constexpr std::size_t fits = 500'000;

void count_failure(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    *static_cast<std::size_t*>(opaque) += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

// Not lane::open(): a record that the broker refuses is told to a callback alone.
lane::Owned<rd_kafka_t> producer(const std::string& bootstrap, std::size_t& failures) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::array<std::pair<const char*, const char*>, 6> properties{
        {{"bootstrap.servers", bootstrap.c_str()},
         {"compression.codec", "lz4"},
         {"linger.ms", "20"},
         {"batch.num.messages", "1000"},
         {"queue.buffering.max.messages", "1000000"},
         {"queue.buffering.max.kbytes", "1000000"}}};
    for (const auto& [name, value] : properties) {
        rd_kafka_conf_set(conf, name, value, nullptr, 0);
    }
    rd_kafka_conf_set_opaque(conf, &failures);
    rd_kafka_conf_set_dr_msg_cb(conf, count_failure);
    lane::Owned<rd_kafka_t> handle{rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0)};
    lane::require(handle != nullptr, "no Kafka producer for the benchmark");
    return handle;
}

}  // namespace

EventsInKafka::EventsInKafka(std::size_t count)
    : broker_{{{events_topic, partitions}, {receipts_topic, partitions}}}, count_{count} {
    lane::require(count <= fits, fmt::format("the embedded broker holds {} events", fits));
    broker_.create_topic({fmt::format("{}.dead-letters", events_topic), 1});
    std::size_t failures = 0;
    const lane::Owned<rd_kafka_t> handle = producer(broker_.bootstrap(), failures);
    for (std::size_t number = 0; number < count; ++number) {
        lane::produce(
            handle.get(), events_topic, account(number), event_text(number),
            static_cast<std::int32_t>(number % partitions));
        rd_kafka_poll(handle.get(), 0);
    }
    const auto flushed = rd_kafka_flush(handle.get(), 60'000);
    lane::require(
        flushed == RD_KAFKA_RESP_ERR_NO_ERROR && failures == 0,
        "the embedded broker did not take all events");
}

}  // namespace bench
