// The names of a dead letter's headers (DESIGN section 8). Part of the contract with whoever reads dead
// letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "worker/core/event/record.hpp"

namespace core {

namespace letter_header {

inline constexpr std::string_view prefix = "dlq.";
inline constexpr std::string_view original_topic = "dlq.original.topic";
inline constexpr std::string_view original_partition = "dlq.original.partition";
inline constexpr std::string_view original_offset = "dlq.original.offset";
inline constexpr std::string_view original_timestamp = "dlq.original.timestamp";
inline constexpr std::string_view reason = "dlq.reason";
inline constexpr std::string_view error_code = "dlq.error.code";
inline constexpr std::string_view http_status = "dlq.http.status";
inline constexpr std::string_view attempts = "dlq.attempts";
inline constexpr std::string_view commands = "dlq.commands";
inline constexpr std::string_view first_failed = "dlq.first.failed.at";
inline constexpr std::string_view last_failed = "dlq.last.failed.at";
inline constexpr std::string_view consumer_group = "dlq.consumer.group";
inline constexpr std::string_view worker_version = "dlq.worker.version";
inline constexpr std::string_view replay_count = "dlq.replay.count";
inline constexpr std::string_view replay_of = "dlq.replay.of";
inline constexpr std::string_view replay_origin = "dlq.replay.origin";
inline constexpr std::string_view owed_since = "dlq.owed.since";
inline constexpr std::string_view value_omitted = "dlq.value.omitted";
inline constexpr std::string_view key_omitted = "dlq.key.omitted";
inline constexpr std::string_view headers_omitted = "dlq.headers.omitted";

}  // namespace letter_header

// More commands than an event can have (100 tokens) are not believed.
inline constexpr std::size_t commands_max = 1000;

// The value of the last header of that name that has one; null: none has.
[[nodiscard]] const std::string* last_header(const Headers& headers, std::string_view name);

}  // namespace core
