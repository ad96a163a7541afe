// The consumer's side of a rebalance: what the group gives and takes, turned into Assigned and Revoked.
//
//   group assigns --> look up committed offsets --> rd_kafka_assign --> Assigned (a fresh epoch each)
//                     (no answer: again in 1 s; the group waits for us meanwhile, unless there was an answer
//                     for some of them, which are read from then on)
//   group revokes --> Revoked --> the engine drains --> release() --> rd_kafka_assign(none)
//   partitions lost --> Revoked{lost}, given up at once
//   topic deleted   --> Revoked{lost}, then as after "group assigns", since it may have been made again
//
// All of it is taken at once: cooperative rebalancing is refused with the properties.
//
// Threads: the loop's thread alone; rebalanced() is called from within the consumer's poll.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "common/once_a_minute.hpp"
#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/ownership.hpp"
#include "worker/adapters/kafka/position.hpp"
#include "worker/core/engine/input.hpp"

namespace kafka {

class Assignment {
public:
    Assignment(Client& client, OffsetReset reset) : client_{client}, reset_{reset} {}

    // librdkafka's rebalance callback; `code` is _ASSIGN_PARTITIONS, _REVOKE_PARTITIONS or an error. Appends.
    void rebalanced(
        int code, const rd_kafka_topic_partition_list_s* partitions, std::vector<core::Input>& inputs);
    // librdkafka cannot find a partition any more that it reads; `reason`, its own text, tells which
    // (is_about); told as a warning when it is none of ours. If the topic is made again soon,
    // librdkafka 2.0.2 reads on at the old offset, and a commit for the old topic would be taken for the new
    // one: either way records would be skipped in silence. So the epoch ends at once, and the start is looked
    // up anew: the brokers forget offsets together with a topic.
    void vanished(std::string_view reason, std::vector<core::Input>& inputs);
    // Repeats a look-up that failed, when it is due. Blocks for at most a second. Appends.
    void retry(common::Instant now, std::vector<core::Input>& inputs);

    // Nothing of the partition may be delivered until resume(): see rests().
    void pause(core::Epoch epoch);
    void resume(core::Epoch epoch);
    // True while nothing may be polled, of no partition, which is how a short pause is kept. librdkafka's own
    // pause throws away what was fetched ahead, to be fetched and unpacked again after the resume: under a
    // backlog, where pauses are many and short, that took more CPU than the work itself. So it is told only
    // of pauses that last. The other partitions lose little: a pause means that the buffer holds enough to
    // do. Rebalances wait in the queue as well, which is why this is bounded.
    [[nodiscard]] bool rests(common::Instant now);
    void release(const std::vector<core::Epoch>& epochs);
    // Somebody has to decide where the partition goes on; nothing is read until then.
    void hold(const core::TopicPartition& partition);
    // Brokers refuse to hand out its records, and say so once. Nothing tells that they would again but a
    // record or the next assignment, so until then it counts as not read.
    void refused(const core::TopicPartition& partition);
    void received(core::Epoch epoch) {
        if (refused_.erase(epoch) > 0) {
            update_stats();
        }
    }
    // From now on partitions are let go at once and without a word: nobody is left to drain.
    void close();

    [[nodiscard]] Ownerships& owned() noexcept { return owned_; }

private:
    void assigned(std::vector<core::TopicPartition> partitions, std::vector<core::Input>& inputs);
    void try_assign(std::vector<core::Input>& inputs);
    void revoked(
        const std::vector<core::TopicPartition>& partitions, bool lost, std::vector<core::Input>& inputs);
    void ask_again_later();
    // The good ones are read, whatever keeps the others waiting.
    void start(std::vector<Position> positions, std::vector<core::Input>& inputs);
    // Others have the partitions; or there are none, since a topic is missing or may not be seen: then there
    // was a fault since the last answer of the group, and our place is not known yet.
    void note_empty_share();
    void unassign();
    // A topic may have been made again and nobody can tell which: at most once a minute.
    void tell_unplaced(std::string_view reason);
    void set_paused(const core::TopicPartition& partition, bool paused);
    void end(core::Epoch epoch);
    void forget_held(const core::TopicPartition& partition);
    void update_stats();

    Client& client_;
    OffsetReset reset_;
    Ownerships owned_;
    bool closing_ = false;

    // The group assigned `waiting_`, librdkafka has not been told yet.
    bool assign_due_ = false;
    std::vector<core::TopicPartition> waiting_;
    common::Instant retry_at_{};

    std::set<core::Epoch> refused_;

    bool unassign_due_ = false;       // the group asked everything back, librdkafka has not been told yet
    std::set<core::Epoch> draining_;  // what unassign_due_ waits for

    std::uint64_t topics_unseen_ = 0;  // such faults at the group's last empty answer

    common::OnceAMinute unplaced_;

    std::optional<common::Instant> rest_until_;  // pauses that librdkafka has not been told

    // Paused by us, no longer owned, still with librdkafka: resumed when they go, since the flag outlives
    // them.
    std::vector<core::TopicPartition> parked_;
};

}  // namespace kafka
