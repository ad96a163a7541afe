// Checks of Kafka: brokers, topics, rights and the consumer groups. Nothing is written, joined or committed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/inspector.hpp"
#include "worker/adapters/kafka/rights.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/doctor/finding.hpp"

namespace app::doctor {

enum class TopicRole : std::uint8_t { source, dead_letters, receipts };

struct TopicFacts {
    std::string name;
    TopicRole role = TopicRole::source;
    common::Result<std::int32_t> partitions;
    common::Result<kafka::Properties> settings;
    // Why it cannot be read; empty: it can. None: nobody reads it.
    std::optional<std::string> read_problem{};
    // To a source nobody but `dead-letters replay` writes.
    kafka::RightFound write{};
    bool needed = true;  // by the worker; else by `dead-letters` alone
};
// `source_message_bytes` is the largest max.message.bytes of the sources, 0 when it is not known.
[[nodiscard]] Findings judge_topic(const TopicFacts& facts, long source_message_bytes);

// Whether the producer takes what the sources can hold, whose largest record has `source_message_bytes`.
[[nodiscard]] Findings judge_producer(long record_bytes_max, long source_message_bytes);

// `needed`: the worker itself commits there, not only the count of open dead letters.
[[nodiscard]] Finding judge_commit(const std::string& group, const kafka::RightFound& found, bool needed);

[[nodiscard]] Findings judge_group(
    const std::string& group, const common::Result<std::optional<kafka::GroupState>>& state,
    const common::Result<kafka::Positions>& positions);

// Asks the brokers; every question has a deadline, and when the first is not answered no more are asked.
[[nodiscard]] Findings check_kafka(const Config& config);

}  // namespace app::doctor
