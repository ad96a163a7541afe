#include "worker/adapters/kafka/rights.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/fault.hpp"
#include "worker/adapters/kafka/last_fault.hpp"
#include "worker/adapters/kafka/onlooker.hpp"

namespace kafka {
namespace {

constexpr std::size_t record_bytes_asked_max = 16UL << 20U;
// What librdkafka itself counts beside the value.
constexpr std::size_t overhead_bytes = 64UL << 10U;

// A code of the brokers about something that they were to refuse.
RightFound found_by(int code, const LastFault& last, const Site& site) {
    const Fault& fault = fault_of(code);
    if (fault.kind == FaultKind::no_group_right || fault.kind == FaultKind::no_topic_right) {
        return {Right::missing, remedy_at(site, fault)};
    }
    const std::string subject{site.subject.empty() ? site.group : site.subject};
    return {Right::unknown, failure(last, subject, code).message};
}

class Asker {
public:
    Asker() : client_{"doctor", fault_} { client_.owner = this; }
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    [[nodiscard]] common::Result<bool> open(
        KafkaSettings settings, std::size_t record_bytes_max, common::Duration patience) {
        settings.statistics_interval = {};
        const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
        auto conf = client_.configure(
            settings, {},
            {{"enable.idempotence", "false"},
             {"acks", "2"},
             {"retries", "0"},
             {"linger.ms", "0"},
             {"compression.type", "none"},
             {"message.max.bytes", std::to_string(record_bytes_max + overhead_bytes)},
             {"message.timeout.ms", std::to_string(wait.count())}});
        if (!conf) {
            return conf.error();
        }
        rd_kafka_conf_set_dr_msg_cb(
            conf->get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                auto& self = *static_cast<Asker*>(static_cast<Client*>(opaque)->owner);
                self.answered_[rd_kafka_topic_name(message->rkt)] = message->err;
            });
        return client_.open(std::move(*conf), false);
    }

    void ask(const std::string& topic, std::size_t bytes) {
        std::string value(bytes, '\0');
        const RdTopic& to =
            topics_.emplace_back(rd_kafka_topic_new(client_.handle(), topic.c_str(), nullptr));
        if (!to ||
            rd_kafka_produce(
                to.get(), 0, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0, nullptr) != 0) {
            answered_[topic] = rd_kafka_last_error();
        }
    }

    void await(std::size_t answers, common::Instant deadline) {
        while (answered_.size() < answers && milliseconds_left(deadline) > 0) {
            rd_kafka_poll(client_.handle(), std::min(milliseconds_left(deadline), 100));
        }
    }

    [[nodiscard]] RightFound found(const std::string& topic) const {
        const auto answer = answered_.find(topic);
        const int code = answer == answered_.end() ? RD_KAFKA_RESP_ERR__TIMED_OUT : answer->second;
        switch (code) {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
            case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
                return {Right::granted};
            default:
                return found_by(code, fault_, {.consumer = false, .subject = topic});
        }
    }

private:
    LastFault fault_;
    std::map<std::string, int> answered_;
    Client client_;
    std::vector<RdTopic> topics_;  // go before the handle
};

}  // namespace

std::map<std::string, RightFound> rights_to_write(
    const KafkaSettings& settings, const std::map<std::string, std::size_t>& record_bytes_max,
    common::Duration patience) {
    std::map<std::string, RightFound> rights;
    std::map<std::string, std::size_t> asked;
    std::size_t largest = 0;
    for (const auto& [topic, bytes] : record_bytes_max) {
        if (bytes > record_bytes_asked_max) {
            rights[topic].sentence =
                fmt::format("not known: the topic takes records of {} bytes, too large to ask with", bytes);
        } else {
            asked.emplace(topic, bytes);
            largest = std::max(largest, bytes);
        }
    }
    Asker asker;
    const common::Instant deadline = steady_now() + patience + std::chrono::seconds{1};
    const auto opened = asker.open(settings, largest, patience);
    for (const auto& [topic, bytes] : asked) {
        if (opened) {
            asker.ask(topic, bytes + 1);
        }
    }
    if (opened) {
        asker.await(asked.size(), deadline);
    }
    for (const auto& [topic, bytes] : asked) {
        rights[topic] = opened ? asker.found(topic) : RightFound{Right::unknown, opened.error().message};
    }
    return rights;
}

RightFound right_to_commit(
    const KafkaSettings& settings, const std::string& group, const std::string& topic,
    common::Duration patience) {
    Onlooker onlooker;
    if (const auto opened = onlooker.open(settings, group); !opened) {
        return {Right::unknown, opened.error().message};
    }
    const int code = onlooker.refusal_to_commit(topic, patience);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {Right::granted};
    }
    const bool of_topic = fault_of(code).kind == FaultKind::no_topic_right;
    return found_by(
        code, onlooker.fault(),
        {.consumer = true,
         .group = group,
         .subject = of_topic ? std::string_view{topic} : std::string_view{}});
}

}  // namespace kafka
