// What the operator says about Kafka, and which librdkafka properties would break a promise of the worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace kafka {

// librdkafka's own names. A key with the suffix ".file" reads its value from that file, without the final
// line end: `sasl.password.file: /run/secrets/kafka/password`. Secrets can be given in no other way.
using Properties = std::map<std::string, std::string>;

// Where to start a partition of which the group has no usable offset: at its first record, or nowhere (the
// partition is held and an alert is due). Never at its end, which would skip revocations.
enum class OffsetReset : std::uint8_t { earliest, error };

struct KafkaSettings {
    std::string bootstrap_servers;  // host:port, comma-separated
    std::string group_id;
    std::string group_instance_id;  // empty: dynamic membership
    std::vector<std::string> topics;
    OffsetReset reset = OffsetReset::earliest;
    std::chrono::milliseconds session_timeout{45'000};
    std::chrono::milliseconds statistics_interval{5'000};
    Properties properties;  // passed through to consumer and producer
};

struct PropertyProblem {
    std::string key;
    std::string problem;  // never contains a value
    std::string remedy;
};

// Everything wrong with the properties, in the order of their keys. Files are not read here.
[[nodiscard]] std::vector<PropertyProblem> check_properties(const Properties& properties);

// KEY of a "KEY.file"; none for other keys.
[[nodiscard]] std::optional<std::string> secret_of(std::string_view key);

// A file's content without its final line end; none when it cannot be read.
[[nodiscard]] std::optional<std::string> read_secret(const std::string& path);

// The properties with every "KEY.file" replaced by KEY and the file's content.
// Error: a file that cannot be read; the message names key and path.
[[nodiscard]] common::Result<Properties> resolve_files(const Properties& properties);

}  // namespace kafka
