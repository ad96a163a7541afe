// Whether the user of a configuration may write to topics and commit for groups, found out without writing or
// committing anything.
//
// librdkafka tells a user's rights from 2.3 on only, so brokers are asked for what they must refuse: they
// look at the rights first. A record is sent with acks=2, which brokers have not known since 0.9, and is
// larger than its topic takes besides; an offset is committed for a partition that no topic has.
//
// Threads:  one thread.
// Blocking: every call, for at most `patience` and a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"

namespace kafka {

enum class Right : std::uint8_t { granted, missing, unknown };
struct RightFound {
    Right right = Right::unknown;
    std::string sentence{};  // of what is missing, with what to grant; why it is not known
};

// By topic, with the largest record that each takes (max.message.bytes). A topic that takes more than 16 MiB
// is not asked about.
[[nodiscard]] std::map<std::string, RightFound> rights_to_write(
    const KafkaSettings& settings, const std::map<std::string, std::size_t>& record_bytes_max,
    common::Duration patience);

// To commit offsets of `topic` for `group`, which takes Read on both.
[[nodiscard]] RightFound right_to_commit(
    const KafkaSettings& settings, const std::string& group, const std::string& topic,
    common::Duration patience);

}  // namespace kafka
