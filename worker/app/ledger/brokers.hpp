// What the watch over dead letters asks of Kafka.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/core/event/record.hpp"

namespace app::ledger {

// Threads: one. Every call has its own bound. Errors: sentences with a remedy.
class Brokers {
public:
    virtual ~Brokers() = default;

    // What a group has committed, in the order of `partitions`.
    [[nodiscard]] virtual common::Result<std::vector<kafka::GroupOffset>> offsets(
        const std::string& group, const std::vector<core::TopicPartition>& partitions) = 0;

    [[nodiscard]] virtual common::Result<kafka::Watermarks> watermarks(
        const core::TopicPartition& partition) = 0;

    // Whether the topic has such a partition. Error: the brokers did not say, or there is no such topic.
    [[nodiscard]] virtual common::Result<bool> has(const core::TopicPartition& partition) = 0;

    // As kafka::LogReader::read().
    [[nodiscard]] virtual common::Result<core::Offset> read(
        const core::TopicPartition& partition, core::Offset first, core::Offset end,
        const kafka::LogReader::Take& take) = 0;

    // As the member of the ledger's group that the partitions were given to.
    [[nodiscard]] virtual common::Result<bool> commit(const std::vector<kafka::GroupOffset>& offsets) = 0;
};

}  // namespace app::ledger
