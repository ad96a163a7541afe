// What a consumer group has committed of one partition.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

struct GroupOffset {
    core::TopicPartition partition;
    std::optional<core::Offset> committed{};  // none: the group never committed
    std::string metadata{};
};

// What the group `settings.group_id` has committed, read without joining it, in the order of `partitions`.
// Blocks for at most `patience`. Error: a sentence with what the brokers or the network said last.
[[nodiscard]] common::Result<std::vector<GroupOffset>> group_offsets(
    const KafkaSettings& settings, const std::vector<core::TopicPartition>& partitions,
    common::Duration patience);

}  // namespace kafka
