#include "tests/bench/events_in_kafka.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>

#include "tests/bench/events.hpp"
#include "tests/kafka/require.hpp"

namespace bench {
namespace {

constexpr int partitions = 16;
constexpr std::size_t fits = 500'000;

void count_failure(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    *static_cast<std::size_t*>(opaque) += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

decltype(rd_kafka_vu_t::u.mem) view(const std::string& text) {
    decltype(rd_kafka_vu_t::u.mem) bytes{};
    bytes.ptr = const_cast<char*>(text.data());  // copied, not written
    bytes.size = text.size();
    return bytes;
}

bool produce(rd_kafka_t* handle, int partition, const std::string& key, const std::string& value) {
    // The array form: the variadic macros need a compiler extension.
    std::array<rd_kafka_vu_t, 5> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = events_topic;
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = view(key);
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = view(value);
    parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[4].u.i = RD_KAFKA_MSG_F_COPY;
    rd_kafka_error_t* error = rd_kafka_produceva(handle, parts.data(), parts.size());
    const bool taken = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_error_destroy(error);
    return taken;
}

rd_kafka_t* producer(const std::string& bootstrap, std::size_t& failures) {
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
    rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    lane::require(handle != nullptr, "no Kafka producer for the benchmark");
    return handle;
}

}  // namespace

EventsInKafka::EventsInKafka(std::size_t count)
    : broker_{{{events_topic, partitions}, {receipts_topic, partitions}}}, count_{count} {
    lane::require(count <= fits, fmt::format("the embedded broker holds {} events", fits));
    broker_.create_topic({fmt::format("{}.dead-letters", events_topic), 1});
    std::size_t failures = 0;
    rd_kafka_t* handle = producer(broker_.bootstrap(), failures);
    for (std::size_t number = 0; number < count; ++number) {
        const std::string key = account(number);
        const std::string value = event_text(number);
        failures += produce(handle, static_cast<int>(number % partitions), key, value) ? 0 : 1;
        rd_kafka_poll(handle, 0);
    }
    const auto flushed = rd_kafka_flush(handle, 60'000);
    rd_kafka_destroy(handle);
    lane::require(
        flushed == RD_KAFKA_RESP_ERR_NO_ERROR && failures == 0,
        "the embedded broker did not take all events");
}

}  // namespace bench
