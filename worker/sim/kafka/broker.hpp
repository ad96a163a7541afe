// The scripted Kafka: logs that grow as planned, a consumer group with several members, committed offsets
// with their metadata, and what workers produced.
//
// The group as the worker's contract sees it: a partition has at most one owner that the broker believes in.
// A rebalance asks owners to give partitions back and waits for them, up to a session time; a loss takes them
// away at once, and the old owner hears of it later. A static member that is gone keeps its partitions until
// its session ends; when it comes back before, nobody else notices.
//
// Ownership: members are borrowed; a member leaves before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/sim/kafka/letter_topics.hpp"
#include "worker/sim/plan/plan.hpp"
#include "worker/sim/world/choices.hpp"
#include "worker/sim/world/probe.hpp"
#include "worker/sim/world/timeline.hpp"
#include "worker/sim/world/trace.hpp"

namespace sim {

class GroupMember {
public:
    virtual ~GroupMember() = default;
    virtual void assigned(
        std::size_t partition, core::Epoch epoch, core::Offset next, std::string metadata) = 0;
    virtual void revoked(std::vector<core::Epoch> epochs, bool lost) = 0;
    // A record that was not planned is in the partition.
    virtual void appended(std::size_t partition) = 0;
};

// What the broker tells whoever checks.
class BrokerWitness {
public:
    virtual ~BrokerWitness() = default;
    virtual void committed(
        std::size_t partition, core::Epoch epoch, core::Offset offset, const std::string& metadata) = 0;
    virtual void stored(core::StoreKind kind, const core::OutgoingRecord& record) = 0;
    virtual void letter_written(const core::Position& place, const core::OutgoingRecord& letter) = 0;
    // What an operator's record in a source topic is; none: it should not be there.
    [[nodiscard]] virtual std::optional<PlannedRecord> replay_written(const core::OutgoingRecord& record) = 0;
    virtual void replay_appended(std::size_t record) = 0;
    virtual void reached(Probe probe) = 0;
};

class Broker {
public:
    struct Habits {
        bool static_members = false;
        std::size_t metadata_chars_max = core::offset_map_chars_max;
        std::size_t letter_partitions = 1;
    };
    Broker(
        Timeline& timeline, Choices& choices, Trace& trace, Plan& plan, BrokerWitness& witness,
        Habits habits);

    // `instance`: the name that a static member keeps when it starts again.
    void join(WorkerId worker, GroupMember& member, std::size_t instance);
    // The member is gone without a word (a crash); the group notices when its session ends.
    void vanish(WorkerId worker);
    // The member said goodbye: its partitions are free at once.
    void leave(WorkerId worker);
    // The owner has let go.
    void release(WorkerId worker, core::Epoch epoch);

    // Asks for some partitions back and hands everything that is free out anew.
    void rebalance();
    // Takes all partitions of some member away; it hears of it after `notice`.
    void lose(common::Duration notice);
    // The same for this member, as when it does not show up within its session.
    void lose(WorkerId worker, common::Duration notice);
    // Hands out free partitions if there is a member that can take them.
    void assign_free();

    // Applies the entries whose epoch the broker still believes in and whose metadata is not too long. Empty:
    // all of them; otherwise the error that the whole commit ends with.
    [[nodiscard]] std::string commit(const std::vector<core::PartitionCommit>& entries);
    // Wherever it is addressed to.
    void store(core::StoreKind kind, const core::OutgoingRecord& record);

    LetterTopics letters;
    SoleGroup replay_group{};
    Commits ledger_committed{};

    [[nodiscard]] const core::TopicPartition& name(std::size_t partition) const {
        return plan_.partitions[partition];
    }
    [[nodiscard]] const PlannedRecord& record(std::size_t index) const { return plan_.records[index]; }
    [[nodiscard]] const std::vector<std::size_t>& log(std::size_t partition) const {
        return plan_.logs[partition];
    }
    // When the record is in the log.
    [[nodiscard]] common::Instant available(std::size_t index) const {
        return start_ + plan_.records[index].produced;
    }
    [[nodiscard]] bool all_committed() const;
    // No member believes in partitions that were taken from it.
    [[nodiscard]] bool everybody_knows() const;
    [[nodiscard]] core::Offset committed(std::size_t partition) const {
        return partitions_[partition].committed;
    }

private:
    struct Partition {
        core::Offset committed{};
        std::string metadata{};
        WorkerId owner = no_worker;
        core::Epoch epoch{};
        bool asked_back = false;
    };
    struct Member {
        GroupMember* member = nullptr;  // none: vanished
        common::Instant deaf_until{};   // does not know yet that it lost its partitions
        std::size_t instance = 0;
    };
    void take_back_late(const std::vector<core::Epoch>& epochs);
    void forget_owner(WorkerId worker);
    void replay(const core::OutgoingRecord& record);
    [[nodiscard]] bool adopt(WorkerId worker, GroupMember& member, std::size_t instance);

    Timeline& timeline_;
    Choices& choices_;
    Trace& trace_;
    Plan& plan_;
    BrokerWitness& witness_;
    Habits habits_;
    common::Instant start_;
    std::vector<Partition> partitions_;
    std::map<WorkerId, Member> members_;
    std::uint64_t next_epoch_ = 1;
};

}  // namespace sim
