// A Kafka record as the engine sees it: bytes and position, nothing interpreted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/strong.hpp"
#include "common/time.hpp"

namespace core {

using Offset = common::Strong<struct OffsetTag, std::int64_t>;

struct TopicPartition {
    std::string topic;
    std::int32_t partition = 0;

    friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// One ownership of one partition, from its assignment to its release. Epochs are never reused in a process,
// so whatever belongs to an earlier ownership (records, answers, commits) is told apart by this number alone.
using Epoch = common::Strong<struct EpochTag, std::uint64_t>;

struct Header {
    std::string name;
    std::optional<std::string> value;

    friend bool operator==(const Header&, const Header&) = default;
};
using Headers = std::vector<Header>;

struct Record {
    Epoch epoch;
    Offset offset;
    std::optional<std::string> key;
    std::optional<std::string> value;  // none: a tombstone
    Headers headers{};
    common::WallTime timestamp{};
};

}  // namespace core
