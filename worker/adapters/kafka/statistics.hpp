// Reads librdkafka's statistics (STATISTICS.md of librdkafka), only what KafkaStats keeps.
#pragma once

#include <string_view>

#include "worker/adapters/kafka/stats.hpp"

namespace kafka {

// Unknown or damaged JSON gives an empty snapshot.
[[nodiscard]] Snapshot parse_statistics(std::string_view json);

}  // namespace kafka
