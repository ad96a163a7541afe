#include "worker/sim/kafka/broker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/invariant.hpp"

namespace sim {

namespace {
using namespace std::chrono_literals;
}

Broker::Broker(
    Timeline& timeline, Choices& choices, Trace& trace, Plan& plan, BrokerWitness& witness, Habits habits)
    : letters{"account-events.dead-letters", habits.letter_partitions},
      timeline_{timeline},
      choices_{choices},
      trace_{trace},
      plan_{plan},
      witness_{witness},
      habits_{habits},
      start_{timeline.now().steady} {
    for (const auto& log : plan.logs) {
        // Without a commit a group starts at the beginning of the log.
        partitions_.push_back({.committed = log.empty() ? core::Offset{} : plan.records[log.front()].offset});
    }
}

void Broker::join(WorkerId worker, GroupMember& member, std::size_t instance) {
    if (!adopt(worker, member, instance)) {
        members_[worker] = {&member, timeline_.now().steady, instance};
        rebalance();
    }
}

// A static member that comes back in time goes on where it was, under a new epoch.
bool Broker::adopt(WorkerId worker, GroupMember& member, std::size_t instance) {
    const auto before = std::find_if(members_.begin(), members_.end(), [&](const auto& entry) {
        return entry.second.member == nullptr && entry.second.instance == instance;
    });
    if (!habits_.static_members || before == members_.end()) {
        return false;
    }
    const WorkerId old = before->first;
    members_.erase(before);
    members_[worker] = {&member, timeline_.now().steady, instance};
    witness_.reached(Probe::static_member_in_time);
    for (std::size_t index = 0; index < partitions_.size(); ++index) {
        Partition& partition = partitions_[index];
        if (partition.owner == old) {
            partition.owner = worker;
            partition.epoch = core::Epoch{next_epoch_++};
            partition.asked_back = false;
            member.assigned(index, partition.epoch, partition.committed, partition.metadata);
        }
    }
    assign_free();
    return true;
}

void Broker::vanish(WorkerId worker) {
    members_[worker].member = nullptr;
    const common::Duration session =
        habits_.static_members ? choices_.between(1s, 20s) : choices_.skewed(10ms, 10s);
    timeline_.after(session, [this, worker] {
        if (habits_.static_members && members_.contains(worker)) {
            witness_.reached(Probe::static_member_late);
        }
        leave(worker);
    });
}

void Broker::leave(WorkerId worker) {
    members_.erase(worker);
    forget_owner(worker);
    assign_free();
}

void Broker::forget_owner(WorkerId worker) {
    for (Partition& partition : partitions_) {
        if (partition.owner == worker) {
            partition.owner = no_worker;
            partition.asked_back = false;
        }
    }
}

void Broker::release(WorkerId worker, core::Epoch epoch) {
    for (Partition& partition : partitions_) {
        if (partition.owner == worker && partition.epoch == epoch) {
            partition.owner = no_worker;
            partition.asked_back = false;
        }
    }
    timeline_.after(choices_.between(1ms, 100ms), [this] { assign_free(); });
}

void Broker::rebalance() {
    const bool everything = choices_.chance(60);
    std::map<WorkerId, std::vector<core::Epoch>> asked;
    for (Partition& partition : partitions_) {
        const bool wanted = everything || choices_.chance(50);
        if (partition.owner != no_worker && !partition.asked_back && wanted) {
            partition.asked_back = true;
            asked[partition.owner].push_back(partition.epoch);
        }
    }
    for (auto& [worker, epochs] : asked) {
        if (GroupMember* member = members_[worker].member; member != nullptr) {
            member->revoked(epochs, false);
        }
        timeline_.after(choices_.between(5s, 30s), [this, late = epochs] { take_back_late(late); });
    }
    timeline_.after(choices_.between(1ms, 200ms), [this] { assign_free(); });
}

// The rebalance timeout: who has not given back by now is no longer believed to own it.
void Broker::take_back_late(const std::vector<core::Epoch>& epochs) {
    std::map<WorkerId, std::vector<core::Epoch>> lost;
    for (Partition& partition : partitions_) {
        if (partition.owner != no_worker && partition.asked_back &&
            std::find(epochs.begin(), epochs.end(), partition.epoch) != epochs.end()) {
            lost[partition.owner].push_back(partition.epoch);
            partition.owner = no_worker;
            partition.asked_back = false;
        }
    }
    for (auto& [worker, taken] : lost) {
        if (GroupMember* member = members_[worker].member; member != nullptr) {
            member->revoked(taken, true);
        }
    }
    assign_free();
}

void Broker::lose(common::Duration notice) {
    std::vector<WorkerId> owners;
    for (const auto& [worker, member] : members_) {
        if (member.member != nullptr && member.deaf_until <= timeline_.now().steady) {
            owners.push_back(worker);
        }
    }
    if (owners.empty()) {
        return;
    }
    lose(choices_.one_of(owners), notice);
}

void Broker::lose(WorkerId worker, common::Duration notice) {
    if (!members_.contains(worker)) {
        return;
    }
    std::vector<core::Epoch> epochs;
    for (const Partition& partition : partitions_) {
        if (partition.owner == worker) {
            epochs.push_back(partition.epoch);
        }
    }
    forget_owner(worker);
    // Who was taken from before has to hear of that first: nothing is assigned to it meanwhile.
    common::Instant& deaf_until = members_[worker].deaf_until;
    deaf_until = std::max(deaf_until, timeline_.now().steady + notice);
    trace_.line(no_worker, '~', fmt::format("the group takes everything from w{}", worker));
    timeline_.after(notice, [this, worker, epochs] {
        const auto found = members_.find(worker);
        if (found != members_.end() && found->second.member != nullptr && !epochs.empty()) {
            found->second.member->revoked(epochs, true);
        }
        assign_free();
    });
    assign_free();
}

void Broker::assign_free() {
    std::vector<WorkerId> able;
    for (const auto& [worker, member] : members_) {
        if (member.member != nullptr && member.deaf_until <= timeline_.now().steady) {
            able.push_back(worker);
        }
    }
    if (able.empty()) {
        return;
    }
    for (std::size_t index = 0; index < partitions_.size(); ++index) {
        Partition& partition = partitions_[index];
        if (partition.owner != no_worker) {
            continue;
        }
        partition.owner = choices_.one_of(able);
        partition.epoch = core::Epoch{next_epoch_++};
        partition.asked_back = false;
        members_[partition.owner].member->assigned(
            index, partition.epoch, partition.committed, partition.metadata);
    }
}

std::string Broker::commit(const std::vector<core::PartitionCommit>& entries) {
    std::string error;
    for (const core::PartitionCommit& entry : entries) {
        if (entry.metadata.size() > habits_.metadata_chars_max) {
            witness_.reached(Probe::map_refused);
            error = "OFFSET_METADATA_TOO_LARGE (simulated)";
            continue;
        }
        const auto found =
            std::find_if(partitions_.begin(), partitions_.end(), [&](const Partition& partition) {
                return partition.owner != no_worker && partition.epoch == entry.epoch;
            });
        if (found == partitions_.end()) {
            witness_.reached(Probe::commit_fenced);
            error = "ILLEGAL_GENERATION (simulated)";
            continue;
        }
        found->committed = entry.offset;
        found->metadata = entry.metadata;
        witness_.committed(
            static_cast<std::size_t>(found - partitions_.begin()), entry.epoch, entry.offset, entry.metadata);
    }
    return error;
}

void Broker::store(core::StoreKind kind, const core::OutgoingRecord& record) {
    if (record.topic == plan_.partitions.front().topic) {
        replay(record);
        return;
    }
    witness_.stored(kind, record);
    if (kind == core::StoreKind::dead_letter) {
        witness_.letter_written(letters.put(record, timeline_.now().wall), record);
    }
}

void Broker::replay(const core::OutgoingRecord& record) {
    std::optional<PlannedRecord> copy = witness_.replay_written(record);
    if (!copy) {
        return;
    }
    const std::size_t partition = copy->partition;
    const std::size_t index = plan_.append(std::move(*copy), timeline_.now().steady - start_);
    witness_.replay_appended(index);
    const auto owner = members_.find(partitions_[partition].owner);
    if (owner != members_.end() && owner->second.member != nullptr) {
        owner->second.member->appended(partition);
    }
}

bool Broker::everybody_knows() const {
    return std::none_of(members_.begin(), members_.end(), [this](const auto& entry) {
        return entry.second.deaf_until > timeline_.now().steady;
    });
}

bool Broker::all_committed() const {
    for (std::size_t index = 0; index < partitions_.size(); ++index) {
        const auto& log = plan_.logs[index];
        if (!log.empty() && partitions_[index].committed <= plan_.records[log.back()].offset) {
            return false;
        }
    }
    return true;
}

}  // namespace sim
