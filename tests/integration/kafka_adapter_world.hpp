// What the Kafka adapter's tests share: a journal that remembers, settings for the embedded broker, and
// waiting for inputs on the wake descriptor with a deadline instead of sleeping.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/adapters/kafka/record_source.hpp"
#include "worker/dev/embedded_broker.hpp"

namespace kafka_test {

using namespace std::chrono_literals;

class Journal final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity > core::Severity::debug;
    }
    void write(const core::Say& line) override { lines.push_back(line); }
    [[nodiscard]] bool says(std::string_view event) const {
        return std::any_of(
            lines.begin(), lines.end(), [&](const core::Say& line) { return line.event == event; });
    }
    std::vector<core::Say> lines;
};

inline kafka::KafkaSettings settings_for(
    const dev::EmbeddedBroker& broker, std::vector<std::string> topics = {}) {
    kafka::KafkaSettings settings;
    settings.bootstrap_servers = broker.bootstrap();
    settings.group_id = "group";
    settings.topics = std::move(topics);
    settings.session_timeout = dev::embedded_session_timeout;
    settings.properties = dev::embedded_client_properties();
    return settings;
}

// Everything a port said so far, and the way to wait for more.
template <class Port>
struct Driver {
    std::unique_ptr<Port> port;
    std::vector<core::Input> inputs{};

    template <class Kind>
    [[nodiscard]] std::vector<const Kind*> all() const {
        std::vector<const Kind*> found;
        for (const core::Input& input : inputs) {
            if (const Kind* kind = std::get_if<Kind>(&input)) {
                found.push_back(kind);
            }
        }
        return found;
    }

    void collect() {
        if constexpr (std::is_same_v<Port, kafka::RecordSource>) {
            while (port->collect(64, inputs)) {
            }
        } else {
            port->collect(inputs);
        }
    }

    // Collects until `done`, at most for `bound`. False: it did not come.
    [[nodiscard]] bool until(const std::function<bool()>& done, std::chrono::milliseconds bound = 20s) {
        const auto deadline = std::chrono::steady_clock::now() + bound;
        for (collect(); !done(); collect()) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            if (left <= 0ms) {
                return false;
            }
            pollfd watched{port->wake_fd(), POLLIN, 0};
            poll(&watched, 1, static_cast<int>(left.count()));
        }
        return true;
    }

    template <class Kind>
    [[nodiscard]] bool until_count(std::size_t count, std::chrono::milliseconds bound = 20s) {
        return until([&] { return all<Kind>().size() >= count; }, bound);
    }
};

inline Driver<kafka::RecordSource> source(const kafka::KafkaSettings& settings, Journal& journal) {
    return {std::move(kafka::RecordSource::open(settings, journal)).value()};
}

inline Driver<kafka::RecordSink> sink(const kafka::KafkaSettings& settings, Journal& journal) {
    return {std::move(kafka::RecordSink::open(settings, journal)).value()};
}

inline core::Store a_store(std::uint64_t id, std::string topic, std::string value = "value") {
    core::Store store;
    store.id = core::StoreId{id};
    store.record.topic = std::move(topic);
    store.record.key = "key";
    store.record.value = std::move(value);
    return store;
}

}  // namespace kafka_test
