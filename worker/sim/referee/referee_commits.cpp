// What is committed: offsets, the maps above them, by whom, and how soon.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/core/settle/offset_map.hpp"
#include "worker/sim/kafka/map_dialect.hpp"
#include "worker/sim/referee/referee.hpp"

namespace sim {

namespace {

constexpr std::size_t map_chars_that_may_be_cut = core::offset_map_chars_max - 64;

}  // namespace

std::set<std::size_t> Referee::claims(
    std::size_t partition, core::Offset offset, const std::string& metadata) const {
    std::set<std::size_t> claimed;
    if (!map_of_this_version(metadata)) {
        return claimed;
    }
    for (const core::OffsetRange& range : core::decode_offset_map(offset, metadata).ranges) {
        for (const std::size_t record : plan_.logs[partition]) {
            const core::Offset at = plan_.records[record].offset;
            if (range.first <= at && at <= range.last) {
                claimed.insert(record);
            }
        }
    }
    return claimed;
}

void Referee::commit_asked(WorkerId worker, const std::vector<core::PartitionCommit>& entries) {
    Worker& known = workers_.at(worker);
    for (const core::PartitionCommit& entry : entries) {
        trace_.line(
            worker, 'c',
            fmt::format("epoch {} at {} map {}", entry.epoch.value, entry.offset.value, entry.metadata));
        const auto owner = known.owned.find(entry.epoch);
        if (owner == known.owned.end()) {
            broke(
                worker, Promise::commit_own_epoch,
                fmt::format("epoch {} is over and committed to", entry.epoch.value));
            continue;
        }
        check_commit(worker, known, owner->second, entry);
    }
    known.commit_under_way = entries;
    known.commit_asked = timeline_.now().steady;
}

void Referee::commit_ended(WorkerId worker, const core::CommitEnded& input) {
    trace_.line(worker, 'e', input.ok ? "" : input.error);
    Worker& known = workers_.at(worker);
    ++(input.ok ? known.tally.commits : known.tally.commit_failures);
    known.map_refused = known.map_refused || input.error.find("METADATA") != std::string::npos;
    for (const core::PartitionCommit& entry : std::exchange(known.commit_under_way, {})) {
        const auto found = known.owned.find(entry.epoch);
        if (found == known.owned.end()) {
            continue;
        }
        Ownership& owner = found->second;
        owner.commit_refused = owner.commit_refused || !input.ok;
        if (input.ok) {
            acknowledged(known, owner.committed_at);
            owner.covered_to = known.commit_asked;
            owner.committed_at = timeline_.now().steady;
            owner.acknowledged_to = entry.offset;
            owner.acknowledged_map = claims(owner.partition, entry.offset, entry.metadata);
        }
    }
}

// A worker that ends leaves no more to be repeated than what it was doing and what a commit takes.
void Referee::check_left_behind(WorkerId worker, const Ownership& owner, common::Instant finished_by) {
    if (swarm_.commit_failures || swarm_.short_metadata || owner.commit_refused || !receipts_wanted()) {
        return;
    }
    for (const auto& [record, at] : owner.finished_at) {
        if (at <= finished_by && plan_.records[record].offset >= owner.acknowledged_to &&
            !owner.acknowledged_map.contains(record)) {
            broke(
                worker, Promise::few_repeats,
                fmt::format(
                    "{} was finished {:.3f} s ago and will be repeated", plan_.position(record),
                    common::seconds(timeline_.now().steady - at)));
        }
    }
}

bool Referee::may_commit(const Ownership& owner, std::size_t record) const {
    if (plan_.records[record].offset < owner.first || owner.claimed.contains(record)) {
        return true;
    }
    const auto acknowledged = owner.acknowledged.find(record);
    return owner.received.contains(record) &&
           (!receipts_wanted() ||
            (acknowledged != owner.acknowledged.end() && receipts_complete(record, acknowledged->second)));
}

// Records yet to come have offsets too: a map that claims one of theirs skips it.
void Referee::check_reach(WorkerId worker, const Ownership& owner, const core::PartitionCommit& entry) {
    core::Offset reach = owner.first;
    for (const std::set<std::size_t>* known : {&owner.received, &owner.claimed}) {
        for (const std::size_t record : *known) {
            reach = std::max(reach, plan_.records[record].offset + 1);
        }
    }
    core::Offset claimed_to = entry.offset;
    for (const core::OffsetRange& range : core::decode_offset_map(entry.offset, entry.metadata).ranges) {
        claimed_to = std::max(claimed_to, range.last + 1);
    }
    // Ranges that were handed over may end in a hole above the last record that we know of.
    if (claimed_to > std::max(reach, owner.handed_over_to)) {
        broke(
            worker, Promise::map_is_true,
            fmt::format(
                "partition {} is committed up to {}, and nothing from {} on was delivered", owner.partition,
                claimed_to.value, reach.value));
    }
}

void Referee::check_commit(
    WorkerId worker, const Worker& known, Ownership& owner, const core::PartitionCommit& entry) {
    if (entry.offset < owner.next) {
        broke(
            worker, Promise::commit_never_back,
            fmt::format(
                "partition {} is committed at {} after {}", owner.partition, entry.offset.value,
                owner.next.value));
    }
    owner.next = std::max(owner.next, entry.offset);
    const std::set<std::size_t> claimed = claims(owner.partition, entry.offset, entry.metadata);
    check_reach(worker, owner, entry);
    for (const std::size_t record : plan_.logs[owner.partition]) {
        const bool below = plan_.records[record].offset < entry.offset;
        const bool in_map = claimed.contains(record);
        if (!below && !in_map) {
            const bool must = owner.claimed.contains(record) ||
                              (owner.received.contains(record) && !owner.came_late.contains(record) &&
                               known_finished(owner, record));
            if (must && !known.map_refused && entry.metadata.size() < map_chars_that_may_be_cut) {
                broke(
                    worker, Promise::map_is_true,
                    fmt::format(
                        "{} is finished and missing in the map committed at {}", plan_.position(record),
                        entry.offset.value));
            }
            continue;
        }
        if (!may_commit(owner, record)) {
            broke(
                worker, Promise::commit_own_work,
                fmt::format(
                    "{} is committed at {} by an ownership that did not finish it", plan_.position(record),
                    entry.offset.value));
        }
        if (!finished(record)) {
            broke(
                worker, below ? Promise::commit_behind_unfinished : Promise::map_is_true,
                fmt::format(
                    "{} is unfinished and committed at {}", plan_.position(record), entry.offset.value));
        } else if (!receipts_complete(record, facts_[record])) {
            broke(
                worker, Promise::receipts_first,
                fmt::format(
                    "{} is committed at {} without its receipts", plan_.position(record),
                    entry.offset.value));
        }
    }
}

void Referee::committed(std::size_t partition, core::Epoch epoch, core::Offset offset, const std::string&) {
    trace_.line(
        no_worker, 'C', fmt::format("partition {} epoch {} at {}", partition, epoch.value, offset.value));
}

}  // namespace sim
