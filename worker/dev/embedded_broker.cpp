#include "worker/dev/embedded_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>

#include "common/invariant.hpp"

namespace dev {
namespace {

constexpr int broker_id = 1;

}  // namespace

struct EmbeddedBroker::Impl {
    rd_kafka_t* host = nullptr;  // the mock lives in some client
    rd_kafka_mock_cluster_t* cluster = nullptr;
    std::string bootstrap;
};

EmbeddedBroker::EmbeddedBroker(const std::vector<Topic>& topics) : impl_{std::make_unique<Impl>()} {
    std::array<char, 256> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);  // its host connects to nothing and would complain
    impl_->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    INVARIANT(impl_->host != nullptr, "a client without settings can be made");
    impl_->cluster = rd_kafka_mock_cluster_new(impl_->host, 1);
    INVARIANT(impl_->cluster != nullptr, "the loopback interface has a free port");
    impl_->bootstrap = rd_kafka_mock_cluster_bootstraps(impl_->cluster);
    for (const Topic& topic : topics) {
        create_topic(topic);
    }
}

EmbeddedBroker::~EmbeddedBroker() {
    rd_kafka_mock_cluster_destroy(impl_->cluster);
    rd_kafka_destroy(impl_->host);
}

const std::string& EmbeddedBroker::bootstrap() const noexcept {
    return impl_->bootstrap;
}

void EmbeddedBroker::create_topic(const Topic& topic) {
    rd_kafka_mock_topic_create(impl_->cluster, topic.name.c_str(), topic.partitions, 1);
}

void EmbeddedBroker::fail_next(Request request, int code, std::size_t times) {
    const std::vector<rd_kafka_resp_err_t> codes(times, static_cast<rd_kafka_resp_err_t>(code));
    rd_kafka_mock_push_request_errors_array(
        impl_->cluster, static_cast<std::int16_t>(request), codes.size(), codes.data());
}

void EmbeddedBroker::forget_failures(Request request) {
    rd_kafka_mock_clear_request_errors(impl_->cluster, static_cast<std::int16_t>(request));
}

void EmbeddedBroker::set_down(bool down) {
    if (down) {
        rd_kafka_mock_broker_set_down(impl_->cluster, broker_id);
    } else {
        rd_kafka_mock_broker_set_up(impl_->cluster, broker_id);
    }
}

void EmbeddedBroker::set_latency(std::chrono::milliseconds round_trip) {
    rd_kafka_mock_broker_set_rtt(impl_->cluster, broker_id, static_cast<int>(round_trip.count()));
}

std::map<std::string, std::string> embedded_client_properties() {
    return {{"heartbeat.interval.ms", "200"}, {"fetch.wait.max.ms", "10"}};
}

}  // namespace dev
