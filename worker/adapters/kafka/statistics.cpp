#include "worker/adapters/kafka/statistics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kafka {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
    static const Json none = Json::object();
    const auto found = object.find(name);
    return found != object.end() && found->is_object() ? *found : none;
}

std::int64_t number(const Json& object, const char* name, std::int64_t otherwise) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

std::string text(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void add_partitions(const std::string& topic, const Json& partitions, Snapshot& snapshot) {
    for (const auto& [id, partition] : partitions.items()) {
        // -1 is librdkafka's internal partition for messages without one.
        const std::int64_t index = number(partition, "partition", -1);
        if (index < 0 || text(partition, "fetch_state") == "none") {
            continue;
        }
        const std::int64_t lag = number(partition, "consumer_lag", -1);
        snapshot.partitions.push_back(
            {{topic, static_cast<std::int32_t>(index)}, lag < 0 ? std::nullopt : std::optional{lag}});
    }
}

}  // namespace

Snapshot parse_statistics(std::string_view json) {
    Snapshot snapshot;
    const Json root = Json::parse(json, nullptr, false);
    if (!root.is_object()) {
        return snapshot;
    }
    for (const auto& [name, broker] : member(root, "brokers").items()) {
        const std::int64_t quiet = broker.is_object() ? number(broker, "rxidle", -1) : -1;
        if (quiet >= 0 && text(broker, "state") == "UP") {
            const std::chrono::microseconds silence{quiet};
            snapshot.silence = std::min(snapshot.silence.value_or(silence), silence);
        }
        // Bootstrap connections (ids below 0) and logical ones (the coordinator's) repeat a broker with its
        // own row.
        if (broker.is_object() && number(broker, "nodeid", -1) >= 0 && text(broker, "source") != "logical") {
            snapshot.brokers.push_back({text(broker, "nodename"), text(broker, "state") == "UP"});
        }
    }
    const bool consumer = text(root, "type") == "consumer";
    for (const auto& [name, topic] : member(root, "topics").items()) {
        if (consumer && topic.is_object()) {
            add_partitions(name, member(topic, "partitions"), snapshot);
        }
    }
    return snapshot;
}

}  // namespace kafka
