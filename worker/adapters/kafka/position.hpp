// Where a newly assigned partition starts: always an absolute offset, so that the engine knows it and
// librdkafka reads it at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/event/record.hpp"

struct rd_kafka_s;

namespace kafka {

// What the brokers say about a partition.
struct Known {
    std::optional<core::Offset> committed{};
    std::string metadata{};
    // First offset that exists and the one after the last; none: the leader did not answer in time.
    struct Range {
        core::Offset low;
        core::Offset high;
    };
    std::optional<Range> range{};
};

struct Position {
    core::TopicPartition partition;
    core::Offset next{};
    std::string metadata{};
    // The start is not known: read from the beginning, whatever offset that is (`next` is 0, below all of
    // them).
    bool from_beginning = false;
    // Why there is no start and somebody has to decide; empty: there is one.
    std::string_view held{};
    // The committed offset could not be used and OffsetReset::earliest chose another; to be told loudly.
    bool reset = false;
};

// Pure; metadata is kept only with the committed offset it belongs to.
[[nodiscard]] Position choose_position(core::TopicPartition partition, const Known& known, OffsetReset reset);

struct LookupError {
    int code = 0;  // rd_kafka_resp_err_t
};

struct Positions {
    struct Unknown {
        core::TopicPartition partition;
        int code = 0;  // rd_kafka_resp_err_t
    };
    std::vector<Position> found{};
    std::vector<Unknown> unknown{};  // ask again later
};

// Asks the group's coordinator for committed offsets and the leaders for the ranges. Blocks until `deadline`
// at the latest. Error: the coordinator did not answer, so nothing can be said about any of them; ask again
// later.
[[nodiscard]] common::Result<Positions, LookupError> look_up_positions(
    rd_kafka_s* handle, const std::vector<core::TopicPartition>& partitions, OffsetReset reset,
    common::Instant deadline);

}  // namespace kafka
