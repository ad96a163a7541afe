// What the driver asks of Kafka itself, over librdkafka: topics, bulk load, everything in a topic, what a
// group has committed.
//
// Errors: Failed. Every call has a deadline.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/kafka/account_history.hpp"
#include "worker/core/event/record.hpp"

namespace lane {

struct ReadRecord {
    std::int32_t partition = 0;
    core::Record record{};
};

struct Committed {
    core::Offset offset{};  // 0 when nothing is committed
    std::string metadata{};
};

struct Replicas {
    std::int32_t leader = -1;  // its node.id; -1: there is none now
    int all = 0;
    int in_sync = 0;
};

class Cluster {
public:
    explicit Cluster(std::string bootstrap);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;
    ~Cluster();

    [[nodiscard]] const std::string& bootstrap() const noexcept { return bootstrap_; }

    // With as many replicas as the brokers make by default.
    void create_topic(
        const std::string& name, int partitions, const std::map<std::string, std::string>& settings = {});
    // By key, in order; returns when the broker has all of them.
    void produce(const std::string& topic, const std::vector<SentEvent>& events);
    // Everything that is there now, by partition and offset.
    [[nodiscard]] std::vector<ReadRecord> read(const std::string& topic);
    // By partition: the offset after the last record.
    [[nodiscard]] std::map<std::int32_t, core::Offset> ends(const std::string& topic);
    // By partition, as the brokers know it now.
    [[nodiscard]] std::map<std::int32_t, Replicas> replicas(const std::string& topic);
    [[nodiscard]] std::map<std::int32_t, Committed> committed(
        const std::string& group, const std::string& topic);
    // Committed up to the end in every partition.
    [[nodiscard]] bool lag_is_zero(const std::string& group, const std::string& topic);

private:
    struct Handles;
    std::string bootstrap_;
    std::unique_ptr<Handles> handles_;
};

}  // namespace lane
