#include "worker/adapters/kafka/client.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "common/secret.hpp"
#include "worker/adapters/kafka/statistics.hpp"

namespace kafka {
namespace {

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
    auto& client = *static_cast<Client*>(opaque);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        client.note_fatal();
        return;
    }
    client.reporter().fault(code, "", reason, steady_now());
}

int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    static_cast<Client*>(opaque)->reporter().stats().snapshot = parse_statistics({json, size});
    return 0;  // librdkafka frees the text
}

void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    // With log.queue the lines come through the polled queue, so this runs on the loop's thread. Those
    // written before the handle is complete have no opaque and are dropped: rd_kafka_new() reports what
    // matters.
    if (auto* client = handle == nullptr ? nullptr : static_cast<Client*>(rd_kafka_opaque(handle))) {
        client->reporter().client_log(level, facility, text);
    }
}

common::Result<bool> set_all(rd_kafka_conf_t* conf, const Properties& properties) {
    for (const auto& [key, value] : properties) {
        std::array<char, 512> text{};
        if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text.data(), text.size()) !=
            RD_KAFKA_CONF_OK) {
            return common::Error{fmt::format(
                "kafka.properties.{}: librdkafka {} does not take it; check key and value against "
                "CONFIGURATION.md",
                key, rd_kafka_version_str())};
        }
    }
    return true;
}

}  // namespace

common::Result<RdConf> Client::configure(
    const KafkaSettings& settings, const Properties& defaults, const Properties& fixed) {
    auto resolved = resolve_files(settings.properties);
    if (!resolved) {
        return resolved.error();
    }
    const Properties shared{
        {"bootstrap.servers", settings.bootstrap_servers},
        {"statistics.interval.ms", std::to_string(settings.statistics_interval.count())},
        {"log.queue", "true"},
    };
    RdConf conf{rd_kafka_conf_new()};
    for (const Properties* step : {&defaults, &std::as_const(*resolved), &shared, &fixed}) {
        if (auto done = set_all(conf.get(), *step); !done) {
            return done.error();
        }
    }
    for (auto& [key, value] : *resolved) {
        common::wipe(value);
    }
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    rd_kafka_conf_set_stats_cb(conf.get(), on_statistics);
    rd_kafka_conf_set_log_cb(conf.get(), on_log);
    return conf;
}

common::Result<bool> Client::open(RdConf conf, bool consumer) {
    std::array<char, 512> text{};
    handle_.reset(
        rd_kafka_new(consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size()));
    if (!handle_) {
        return common::Error{fmt::format("kafka.properties: {}", text.data())};
    }
    static_cast<void>(conf.release());  // the handle owns it now
    rd_kafka_set_log_queue(handle_.get(), nullptr);
    return true;
}

void Client::note_fatal() {
    if (reporter_.fatal()) {
        return;
    }
    std::array<char, 512> text{};
    const auto code = rd_kafka_fatal_error(handle_.get(), text.data(), text.size());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        reporter_.fatal(code, text.data());
    }
}

common::Instant steady_now() noexcept {
    return common::Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

int milliseconds_left(common::Instant deadline) noexcept {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, 3'600'000));
}

}  // namespace kafka
