// What a worker says of itself: counters and gauges, compared with a recount of what went in and out.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "worker/core/outcome/classify.hpp"
#include "worker/sim/referee/referee.hpp"

namespace sim {

namespace {

constexpr std::uint64_t turns_between_recounts = 4;

// Requests that were sent. One without a credential never got as far as the transport.
std::uint64_t attempts_sent(const core::Counters& counters) {
    std::uint64_t sum = 0;
    for (std::size_t index = 0; index < counters.attempts.size(); ++index) {
        sum += core::answer_classes()[index] == "no_credential" ? 0 : counters.attempts[index];
    }
    return sum;
}

std::uint64_t commands_that(
    const core::Counters& counters, std::size_t action, std::initializer_list<core::Outcome> outcomes) {
    std::uint64_t sum = 0;
    for (const core::Outcome outcome : outcomes) {
        sum += counters.commands[action][static_cast<std::size_t>(outcome)];
    }
    return sum;
}

}  // namespace

void Referee::check_counts(WorkerId worker, const core::Counters& counters, const core::Status& status) {
    Worker& known = workers_.at(worker);
    if (timeline_.now().steady - known.last_turn > swarm_.settings.standstill_after / 2) {
        known.owed_from = timeline_.now().steady;
    }
    known.last_turn = timeline_.now().steady;
    check_tally(worker, known.tally, counters);
    check_gauges(worker, known, status);
    const bool leaves = known.draining || std::any_of(
                                              known.owned.begin(), known.owned.end(),
                                              [](const auto& entry) { return entry.second.asked_back; });
    // Costly, so now and then: a gauge that is wrong stays wrong for a while.
    if (!leaves && ++known.tally.turns % turns_between_recounts == 0) {  // leaving forgets what is idle
        check_held(worker, known, status);
        check_oldest(worker, known, status);
        check_standstill(worker, known, status);
    }
    known.tally.not_signed = 0;
}

void Referee::check_tally(WorkerId worker, const Tally& tally, const core::Counters& counters) {
    using core::Outcome;
    const auto equal = [&](std::string_view what, std::uint64_t counted, std::uint64_t seen) {
        if (counted != seen) {
            broke(
                worker, Promise::gauges_true, fmt::format("{} {} are counted, {} seen", counted, what, seen));
        }
    };
    equal("records", counters.records + counters.records_of_old_epochs, tally.received);
    equal("attempts", attempts_sent(counters), tally.answered);
    // Some of those that could not be signed may have been canaries.
    equal(
        "canaries", counters.canaries,
        std::clamp(counters.canaries, tally.canaries, tally.canaries + tally.not_signed_ever));
    equal("receipts", counters.receipts, tally.receipts);
    equal(
        "dead letters",
        std::accumulate(counters.dead_letters.begin(), counters.dead_letters.end(), std::uint64_t{0}),
        tally.letters);
    equal("refused stores", counters.store_failures, tally.store_failures);
    equal("ignored offset maps", counters.offset_maps_ignored, tally.maps_ignored);
    equal("commits", counters.commits, tally.commits);
    equal("refused commits", counters.commit_failures, tally.commit_failures);
    for (std::size_t action = 0; action < core::actions.size(); ++action) {
        equal(
            "executed commands", commands_that(counters, action, {Outcome::executed}),
            tally.executed[action]);
        equal(
            "commands that found nothing",
            commands_that(
                counters, action, {Outcome::already_so, Outcome::not_found, Outcome::probably_executed}),
            tally.found_nothing[action]);
    }
}

void Referee::check_gauges(WorkerId worker, const Worker& known, const core::Status& status) {
    const auto equal = [&](std::string_view what, std::size_t shown, std::size_t seen) {
        if (shown != seen) {
            broke(worker, Promise::gauges_true, fmt::format("{} {} are shown, {} seen", shown, what, seen));
        }
    };
    equal("requests in flight", status.in_flight, known.flights.size() + known.tally.not_signed);
    equal("stores in flight", status.stores_in_flight, known.stores.size());
    equal("partitions", status.partitions.size(), known.owned.size());
    for (const core::PartitionStatus& partition : status.partitions) {
        const auto owner = known.owned.find(partition.epoch);
        if (owner != known.owned.end() && partition.committed != owner->second.acknowledged_to) {
            broke(
                worker, Promise::gauges_true,
                fmt::format(
                    "partition {} is shown as committed at {}, {} was acknowledged", owner->second.partition,
                    partition.committed.value, owner->second.acknowledged_to.value));
        }
    }
}

// Only with receipts: without them the answer to a command that two records share does not say whose it was.
void Referee::check_held(WorkerId worker, const Worker& known, const core::Status& status) {
    if (!receipts_wanted()) {
        return;
    }
    std::size_t records = 0;
    std::size_t bytes = 0;
    for (const auto& [epoch, owner] : known.owned) {
        for (const std::size_t record : owner.received) {
            if (!owner.claimed.contains(record) && !owner.finished_at.contains(record)) {
                ++records;
                bytes += bytes_of(plan_.records[record]);
            }
        }
    }
    if (records != status.records_buffered || bytes != status.bytes_buffered) {
        broke(
            worker, Promise::gauges_true,
            fmt::format(
                "{} records of {} bytes are shown as held, {} of {} are", status.records_buffered,
                status.bytes_buffered, records, bytes));
    }
}

bool Referee::known_executed(const Ownership& owner, std::size_t record) const {
    const PlannedRecord& planned = plan_.records[record];
    const auto letter = owner.acknowledged.find(record);
    if (letter != owner.acknowledged.end() && letter->second.owed) {
        return true;
    }
    return planned.kind != RecordKind::invalid &&
           std::all_of(
               planned.commands.begin() + static_cast<std::ptrdiff_t>(planned.first_command),
               planned.commands.end(), [&](const PlannedCommand& command) {
                   const auto heard = owner.heard.find(command);
                   return heard != owner.heard.end() &&
                          (heard->second.executed || heard->second.found_nothing ||
                           heard->second.found_nothing_after_loss);
               });
}

void Referee::acknowledged(Worker& known, common::Instant owed_since) const {
    const common::Instant now = timeline_.now().steady;
    known.moved = now;
    if (now - owed_since >= swarm_.settings.standstill_after / 2) {
        known.owed_from = now;
    }
}

// What is certainly owed for longer than allowed must be told, and what is told must be owed: the worker may
// know better within the time that a commit waits for its turn.
void Referee::check_standstill(WorkerId worker, const Worker& known, const core::Status& status) {
    const core::Settings& settings = swarm_.settings;
    const common::Instant now = timeline_.now().steady;
    const common::Duration turn =
        std::max<common::Duration>(settings.commit_interval, std::chrono::seconds{1});
    constexpr std::size_t enough_for_all = 1000;  // stores in flight: none waits for its turn
    common::Instant since = common::never;
    std::set<core::Epoch> suspects;
    for (const auto& [id, owed] : known.owed) {
        if (known.owned.contains(owed.epoch)) {
            since = settings.stores_in_flight_max >= enough_for_all ? std::min(since, owed.since) : since;
            if (now - owed.since >= settings.standstill_after) {
                suspects.insert(owed.epoch);
            }
        }
    }
    for (const auto& [epoch, owner] : known.owned) {
        for (const auto& [record, at] : owner.finished_at) {
            if (at > owner.covered_to) {
                since = std::min(since, std::max(at, owner.committed_at) + turn);
            }
        }
        if (now - owner.committed_at >= settings.standstill_after) {
            suspects.insert(epoch);
        }
    }
    if (since != common::never && now - std::max(since, known.owed_from) > settings.standstill_after &&
        !status.standstill) {
        broke(
            worker, Promise::standstill_true,
            fmt::format(
                "Kafka owes something for {:.3f} s, and that is not told", common::seconds(now - since)));
    }
    if (!status.standstill || now - known.moved >= settings.standstill_after) {
        return;
    }
    const auto& named = status.standstill->partition;
    const bool justified = named && std::any_of(suspects.begin(), suspects.end(), [&](core::Epoch epoch) {
                               return known.owned.at(epoch).partition == plan_.partition_of(*named).value();
                           });
    if (!justified) {
        broke(
            worker, Promise::standstill_true,
            fmt::format(
                "a standstill of {} is told, and Kafka owes it nothing for that long",
                named ? std::to_string(named->partition) : "the worker"));
    }
}

void Referee::check_oldest(WorkerId worker, const Worker& known, const core::Status& status) {
    std::optional<std::size_t> oldest;
    for (const auto& [epoch, owner] : known.owned) {
        for (const std::size_t record : owner.received) {
            if (!owner.claimed.contains(record) && !known_executed(owner, record) &&
                (!oldest || plan_.records[record].owed_since < plan_.records[*oldest].owed_since)) {
                oldest = record;
            }
        }
    }
    if (!oldest) {
        return;
    }
    const common::Duration age = common::age(plan_.records[*oldest].owed_since, timeline_.now().wall);
    if (!status.oldest_unexecuted || *status.oldest_unexecuted < age) {
        broke(
            worker, Promise::oldest_not_younger,
            fmt::format(
                "{} is unexecuted for {:.3f} s, and {:.3f} s are shown", plan_.position(*oldest),
                common::seconds(age),
                common::seconds(status.oldest_unexecuted.value_or(common::Duration{}))));
    }
}

}  // namespace sim
