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
    static_cast<Client*>(opaque)->error(code, reason);
}

int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    auto& client = *static_cast<Client*>(opaque);
    client.reporter().statistics(parse_statistics({json, size}));
    client.look_at_files();
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

// Empty: not set.
std::string value_of(rd_kafka_t* handle, const char* key) {
    std::array<char, 512> value{};
    std::size_t size = value.size();
    const auto found = rd_kafka_conf_get(rd_kafka_conf(handle), key, value.data(), &size);
    return found == RD_KAFKA_CONF_OK ? value.data() : "";
}

}  // namespace

common::Result<RdConf> Client::configure(
    const KafkaSettings& settings, const Properties& defaults, const Properties& fixed) {
    files_ = SecretFiles{settings.properties};  // first: what changes in between is seen twice, not never
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

void Client::error(int code, const char* reason) {
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        note_fatal();
        return;
    }
    reporter_.fault(code, "", reason, steady_now());
    if (fault_of(code).kind == FaultKind::authentication) {
        look_at_files();
    }
}

void Client::look_at_files() {
    for (const SecretFiles::Change& change : files_.look()) {
        take(change);
    }
}

void Client::take(const SecretFiles::Change& change) {
    const std::string mechanism = value_of(handle_.get(), "sasl.mechanisms");
    const std::string username = value_of(handle_.get(), "sasl.username");
    std::string outcome = "librdkafka reads it at start alone: restart this process";
    bool taken = false;
    if (change.key == "sasl.password" && (mechanism == "PLAIN" || mechanism.starts_with("SCRAM"))) {
        std::string password{change.content.expose()};
        rd_kafka_error_t* const error =
            rd_kafka_sasl_set_credentials(handle_.get(), username.c_str(), password.c_str());
        common::wipe(password);
        taken = error == nullptr;
        if (taken) {
            outcome = "new connections use the new password";
        } else {
            outcome = rd_kafka_error_string(error);
            rd_kafka_error_destroy(error);
        }
    }
    reporter_.say(
        {taken ? core::Severity::info : core::Severity::warning,
         taken ? "kafka_password_changed" : "kafka_restart_needed",
         fmt::format("{}: {} ({}) has changed; {}", name_, change.path, change.key, outcome),
         {{"client", std::string{name_}}, {"file", change.path}}});
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

int milliseconds_left(common::Instant deadline) noexcept {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, 3'600'000));
}

}  // namespace kafka
