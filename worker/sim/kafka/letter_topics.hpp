// The dead-letter topics of the scripted Kafka, and the groups whose committed offsets say what became of the
// letters in them.
//
// Ownership: keeps every letter for the length of a run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/lineage.hpp"

namespace sim {

class LetterTopics {
public:
    LetterTopics(std::string topic, std::size_t partitions);

    // At the end of the partition that the key's hash says.
    core::Position put(const core::OutgoingRecord& letter, common::WallTime now);

    [[nodiscard]] const std::vector<core::TopicPartition>& partitions() const noexcept { return names_; }
    // None: there is no such partition.
    [[nodiscard]] std::optional<core::Offset> end(const core::TopicPartition& partition) const;
    // Requires an offset below the end.
    [[nodiscard]] const core::Record& at(const core::TopicPartition& partition, core::Offset offset) const;

private:
    [[nodiscard]] std::optional<std::size_t> index_of(const core::TopicPartition& partition) const;

    std::vector<core::TopicPartition> names_;
    std::vector<std::vector<core::Record>> logs_;
};

// What a group has committed, by partition.
using Commits = std::map<core::TopicPartition, std::pair<core::Offset, std::string>>;

// A group of which only the committed offsets matter, held by one member at a time: who is silent for longer
// than its session may be replaced, and is told so.
class SoleGroup {
public:
    static constexpr common::Duration session{std::chrono::seconds{6}};

    // The generation of the new member; none: somebody holds the group.
    [[nodiscard]] std::optional<std::uint64_t> join(common::Instant now);
    // The member is there. False, and so for ever: it was replaced or taken for dead.
    [[nodiscard]] bool alive(std::uint64_t generation, common::Instant now);
    void leave(std::uint64_t generation);

    Commits committed{};

private:
    std::uint64_t generation_ = 0;
    std::optional<common::Instant> heard_{};  // of the member; none: the group is free
};

}  // namespace sim
