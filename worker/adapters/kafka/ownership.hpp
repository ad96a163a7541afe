// Which partitions are ours, under which epoch. Fences everything that belongs to an earlier ownership.
//
// Cost: receiver() is on the path of every record: a walk over the few topics and an index.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/event/record.hpp"

namespace kafka {

struct Ownership {
    core::TopicPartition partition;
    bool paused = false;     // nothing may be delivered
    bool suspended = false;  // librdkafka was told so
    bool revoking = false;   // asked back: nothing more is delivered, commits are still allowed
};

class Ownerships {
public:
    // A fresh epoch for the partition; an earlier ownership of it ends. `position` is where librdkafka begins
    // to read, an offset or one of its logical ones.
    core::Epoch grant(const core::TopicPartition& partition, core::Offset position);
    void end(core::Epoch epoch);

    // The epoch that shall receive the record at `offset`; none when the partition is not ours or is being
    // given back, or when the record was received before, as after a restart from position().
    [[nodiscard]] std::optional<core::Epoch> receiver(
        std::string_view topic, std::int32_t partition, core::Offset offset);
    // Where to read on: behind the last record received. Only for partitions that are not being given back.
    [[nodiscard]] core::Offset position(const core::TopicPartition& partition) const;
    // The epoch of the partition, also while it is being given back.
    [[nodiscard]] std::optional<core::Epoch> find(const core::TopicPartition& partition) const;
    // Null for old epochs. Valid until the next grant() or end().
    [[nodiscard]] Ownership* find(core::Epoch epoch);

    void revoking(core::Epoch epoch);
    // Any partition is paused without librdkafka knowing.
    [[nodiscard]] bool paused_briefly() const noexcept;
    [[nodiscard]] std::vector<core::Epoch> epochs() const;  // ascending
    [[nodiscard]] std::size_t count() const noexcept { return owned_.size(); }

private:
    struct Receiver {
        core::Epoch epoch{};      // 0: nobody
        core::Offset position{};  // receives nothing below
    };
    struct Topic {
        std::string name;
        std::vector<Receiver> receivers;  // by partition
    };
    void set_receiver(const core::TopicPartition& partition, Receiver receiver);

    std::map<core::Epoch, Ownership> owned_;
    std::vector<Topic> topics_;
    core::Epoch last_;
};

}  // namespace kafka
