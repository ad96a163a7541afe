// Checks of Kafka: brokers, topics, rights and the consumer group. Nothing is written, joined or committed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/inspector.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/doctor/finding.hpp"

namespace app::doctor {

enum class TopicRole : std::uint8_t { source, dead_letters, receipts };

struct TopicFacts {
    std::string name;
    TopicRole role = TopicRole::source;
    common::Result<std::int32_t> partitions;
    common::Result<kafka::Properties> settings;
    std::string read_problem{};  // of a source: why it cannot be read; empty: it can
};
// `source_message_bytes` is the largest max.message.bytes of the sources, 0 when it is not known.
[[nodiscard]] Findings judge_topic(const TopicFacts& facts, long source_message_bytes);

[[nodiscard]] Findings judge_group(
    const std::string& group, const common::Result<std::optional<kafka::GroupState>>& state,
    const common::Result<kafka::Positions>& positions);

// Asks the brokers; every question has a deadline, and when the first is not answered no more are asked.
[[nodiscard]] Findings check_kafka(const Config& config);

}  // namespace app::doctor
