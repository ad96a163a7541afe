// Asks the brokers about topics and the consumer group, for whoever checks a deployment. Changes nothing:
// joins no group, commits nothing, writes no record.
//
// Threads:  one thread.
// Blocking: every call, for at most `patience`.
// Errors:   sentences with what the brokers or the network said last and a remedy.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/position.hpp"
#include "worker/adapters/kafka/properties.hpp"

namespace kafka {

struct GroupState {
    std::string state;  // the brokers' word: "Stable", "Empty", ...
    std::size_t members = 0;
};

class Inspector {
public:
    // No broker is asked yet. Error: settings that librdkafka or check_properties() refuse.
    [[nodiscard]] static common::Result<std::unique_ptr<Inspector>> open(
        const KafkaSettings& settings, common::Duration patience);
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;
    ~Inspector();

    // How many brokers the cluster says it has.
    [[nodiscard]] common::Result<std::size_t> brokers();

    // The settings of each topic, by Kafka's names (retention.ms, cleanup.policy, max.message.bytes), or why
    // they were not told.
    using TopicSettings = std::map<std::string, common::Result<Properties>>;
    [[nodiscard]] TopicSettings topic_settings(const std::vector<std::string>& topics);
    // Those of them whose settings this user may not see.
    [[nodiscard]] const std::set<std::string>& withheld() const noexcept;

    // None: the brokers know no such group; it appears with its first member.
    [[nodiscard]] common::Result<std::optional<GroupState>> group();

    // Where the group would start to read each of them.
    [[nodiscard]] common::Result<Positions> positions(const std::vector<core::TopicPartition>& partitions);

private:
    struct Impl;
    explicit Inspector(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Of the librdkafka that runs: its name, and the number as RD_KAFKA_VERSION has it (0x020002ff is 2.0.2).
struct LibraryVersion {
    std::string name;
    int number = 0;
};
[[nodiscard]] LibraryVersion library_version();

}  // namespace kafka
