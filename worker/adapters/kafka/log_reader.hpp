// Reads a given stretch of a partition, for the tools that look into topics: without a group, so nothing is
// joined, committed or taken from anybody.
//
//   reader.partitions("events")            how many there are
//   reader.watermarks({"events", 3})       first 120, end 4711
//   reader.read({"events", 3}, 120, 4711, [](core::Record&& record) { ...; return true; })
//
// A range whose end was asked once ends under live traffic. Offsets without a record (transaction markers,
// compaction, what retention took, before or during the reading) are holes and nothing else. Records of
// rolled-back transactions are not seen.
//
// Threads:  one thread. librdkafka's own threads do the network.
// Blocking: every call, but for at most `patience` without any news. The time that a callback takes does not
//           count.
// Errors:   sentences with what the brokers or the network said last and a remedy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

// Offsets that exist or will: [first, end). Nothing was ever written or all of it expired: first == end.
struct Watermarks {
    core::Offset first;
    core::Offset end;
};

class LogReader {
public:
    // Uses the settings' servers and properties. No broker is asked yet.
    // Error: settings that librdkafka or check_properties() refuse.
    [[nodiscard]] static common::Result<std::unique_ptr<LogReader>> open(
        const KafkaSettings& settings, common::Duration patience);
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;
    ~LogReader();

    // Whether there is such a topic. Error: the brokers did not say.
    [[nodiscard]] common::Result<bool> has(const std::string& topic);

    // The number of partitions, which are numbered from 0. Error, among others: there is no such topic.
    [[nodiscard]] common::Result<std::int32_t> partitions(const std::string& topic);

    [[nodiscard]] common::Result<Watermarks> watermarks(const core::TopicPartition& partition);

    // Of every partition, in the order of their numbers. Error: as of partitions() and watermarks().
    struct Extent {
        core::TopicPartition partition;
        Watermarks marks;
    };
    [[nodiscard]] common::Result<std::vector<Extent>> extents(const std::string& topic);

    // Hands over the records of [first, end) in order, with epoch 0, until the callback returns false.
    // Returns where a later read goes on: `end`, or behind the record that was refused, or, when the log ends
    // before `end` does, its end.
    using Take = std::function<bool(core::Record&&)>;
    [[nodiscard]] common::Result<core::Offset> read(
        const core::TopicPartition& partition, core::Offset first, core::Offset end, const Take& take);

private:
    struct Impl;
    explicit LogReader(std::unique_ptr<Impl> impl);
    [[nodiscard]] common::Result<bool> exists(const core::TopicPartition& partition);
    // 0: there is no such topic.
    [[nodiscard]] common::Result<std::int32_t> count(const std::string& topic);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
