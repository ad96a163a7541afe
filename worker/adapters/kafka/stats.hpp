// What the Kafka clients count about themselves, as plain numbers over closed sets. adapters/metrics turns
// them into series at scrape time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/adapters/kafka/fault.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

struct BrokerState {
    std::string name;
    bool up = false;
};

struct PartitionLag {
    core::TopicPartition partition;
    // Records between the committed offset and the end, never below 0; none while unknown.
    std::optional<std::int64_t> lag;
};

// What librdkafka's statistics say, as of the last statistics.interval.ms.
struct Snapshot {
    std::vector<BrokerState> brokers;
    std::vector<PartitionLag> partitions;  // assigned ones; consumers only
    // Since the last byte from any broker that has a connection; none: there is no connection.
    std::optional<std::chrono::microseconds> silence;
};

// Whether brokers answer. Known at once when the last connection breaks; after some statistics when brokers
// keep their connections and say nothing, as paused ones do.
enum class Contact : std::uint8_t { none_yet, reached, lost };

struct KafkaStats {
    std::array<std::uint64_t, fault_kinds.size()>
        faults{};  // by FaultKind; each report counts, logged or not
    Snapshot snapshot;
    Contact contact = Contact::none_yet;

    // Consumer only.
    bool placed = false;                        // the group gave us our share once, which may be nothing
    std::uint64_t revocations = 0;              // partitions asked back
    std::uint64_t losses = 0;                   // partitions lost without being asked
    std::uint64_t records_unowned = 0;          // dropped: being given back, not ours, or given out twice
    std::uint64_t commit_entries_left_out = 0;  // of old epochs
    std::uint64_t position_retries = 0;         // committed offsets that could not be fetched at once
    std::size_t partitions_owned = 0;
    // Assigned by the group and not read: the committed offset is not known yet, or brokers refuse to hand
    // out the records.
    std::size_t partitions_unread = 0;
    std::vector<core::TopicPartition> partitions_refused{};  // the second kind alone
    std::vector<core::TopicPartition> partitions_held{};     // no usable offset; somebody has to decide
    std::uint64_t offset_resets = 0;  // partitions whose unread records were gone, read on behind them

    // Producer only.
    std::size_t outstanding = 0;   // stores without an answer
    std::uint64_t sent_alone = 0;  // refused as too large inside a batch, tried again alone
};

}  // namespace kafka
