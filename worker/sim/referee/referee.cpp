#include "worker/sim/referee/referee.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/settle/offset_map.hpp"
#include "worker/sim/kafka/map_dialect.hpp"
#include "worker/sim/ports/credentials.hpp"

namespace sim {

namespace {

// What app::WorkerLoop collects in one turn.
constexpr std::size_t records_a_turn_max = 64;
// Of a token bucket that computes with the same numbers in another order.
constexpr double rounding = 0.001;
// A commit that is under way, and turns, come on top of the interval between commits.
constexpr common::Duration commit_slack = std::chrono::milliseconds{500};

}  // namespace

void Referee::worker_started(WorkerId worker) {
    Worker& known = workers_[worker];
    known.since = timeline_.now().steady;
    for (std::uint32_t app = 0; app < swarm_.settings.credentials.size(); ++app) {
        const core::CredentialSettings& settings = swarm_.settings.credentials[app];
        known.buckets.emplace(
            core::AppId{app}, common::TokenBucket{settings.requests_per_second, settings.burst + rounding});
    }
}

void Referee::worker_gone(WorkerId worker, bool by_surprise) {
    const Worker& known = workers_.at(worker);
    if (by_surprise && !known.commit_under_way.empty()) {
        reached(Probe::crash_with_a_commit_under_way);
    }
    for (const auto& [epoch, owner] : known.owned) {
        for (const auto& [record, facts] : owner.acknowledged) {
            if (by_surprise && facts.owed && !receipts_complete(record, facts)) {
                reached(Probe::crash_between_letter_and_receipt);
            }
        }
    }
    if (by_surprise && !known.paused) {
        for (const auto& [epoch, owner] : known.owned) {
            check_left_behind(
                worker, owner, timeline_.now().steady - swarm_.settings.commit_interval - commit_slack);
        }
    }
    workers_.erase(worker);
}

void Referee::drain_requested(WorkerId worker) {
    Worker& known = workers_.at(worker);
    known.draining = true;
    known.leaves_by = std::min(known.leaves_by, timeline_.now().steady + swarm_.settings.drain_timeout);
}

void Referee::broke(WorkerId worker, Promise promise, const std::string& seen) {
    trace_.line(worker, '!', fmt::format("{}: {}", promise_name(promise), seen));
    verdict_.broke(promise, fmt::format("w{}: {}", worker, seen));
}

std::pair<core::Epoch, Referee::Ownership*> Referee::owner_of(Worker& worker, std::size_t partition) {
    for (auto& [epoch, owner] : worker.owned) {
        if (owner.partition == partition) {
            return {epoch, &owner};
        }
    }
    return {core::Epoch{}, nullptr};
}

void Referee::assigned(WorkerId worker, const core::Assigned& input) {
    const std::size_t partition = plan_.partition_of(input.partition).value();
    trace_.line(
        worker, 'A',
        fmt::format("partition {} from {} epoch {}", partition, input.next.value, input.epoch.value));
    for (auto& [other, known] : workers_) {
        if (other != worker && owner_of(known, partition).second != nullptr) {
            reached(Probe::two_believe_in_one_partition);
        }
    }
    for (const auto& [id, flight] : workers_.at(worker).flights) {
        if (flight.account && plan_.accounts[*flight.account].partition == partition) {
            reached(Probe::partition_comes_back);
        }
    }
    if (!input.metadata.empty() && !map_of_this_version(input.metadata) && !workers_.at(worker).draining) {
        reached(Probe::map_of_another_version);
        ++workers_.at(worker).tally.maps_ignored;
    }
    const std::set<std::size_t> claimed = claims(partition, input.next, input.metadata);
    core::Offset handed_over_to = input.next;
    if (map_of_this_version(input.metadata)) {
        for (const core::OffsetRange& range : core::decode_offset_map(input.next, input.metadata).ranges) {
            handed_over_to = range.last + 1;
        }
    }
    workers_.at(worker).owned[input.epoch] = {
        .partition = partition,
        .first = input.next,
        .handed_over_to = handed_over_to,
        .next = input.next,
        .acknowledged_to = input.next,
        .acknowledged_map = claimed,
        .committed_at = timeline_.now().steady,
        .claimed = claimed};
}

void Referee::revoked(WorkerId worker, const core::Revoked& input) {
    for (const core::Epoch epoch : input.epochs) {
        trace_.line(worker, input.lost ? 'L' : 'R', fmt::format("epoch {}", epoch.value));
        if (input.lost) {
            disown(workers_.at(worker), epoch);
        } else if (const auto owner = workers_.at(worker).owned.find(epoch);
                   owner != workers_.at(worker).owned.end()) {
            owner->second.asked_back = true;
            owner->second.leaves_by =
                std::min(owner->second.leaves_by, timeline_.now().steady + swarm_.settings.drain_timeout);
        }
    }
}

void Referee::released(WorkerId worker, core::Epoch epoch) {
    trace_.line(worker, 'F', fmt::format("epoch {}", epoch.value));
    Worker& known = workers_.at(worker);
    if (const auto owner = known.owned.find(epoch); owner != known.owned.end()) {
        const bool in_time = timeline_.now().steady < std::min(owner->second.leaves_by, known.leaves_by);
        if ((owner->second.asked_back || known.draining) && in_time) {
            check_left_behind(worker, owner->second, timeline_.now().steady);
        }
    }
    if (known.draining) {
        known.owned.erase(epoch);  // what is in flight now should have been waited for
    } else {
        disown(known, epoch);
    }
}

void Referee::disown(Worker& worker, core::Epoch epoch) {
    worker.owned.erase(epoch);
    for (auto& [id, flight] : worker.flights) {
        flight.disowned = flight.disowned || flight.epoch == epoch;
    }
}

std::size_t Referee::in_flight(WorkerId worker) const {
    const auto& flights = workers_.at(worker).flights;
    return static_cast<std::size_t>(std::count_if(flights.begin(), flights.end(), [](const auto& entry) {
        return entry.second.account && !entry.second.disowned;
    }));
}

void Referee::received(WorkerId worker, const core::Received& input) {
    Worker& known = workers_.at(worker);
    ++known.tally.received;
    const auto owner = known.owned.find(input.record.epoch);
    if (owner == known.owned.end()) {
        return;
    }
    const auto record = plan_.record_at(owner->second.partition, input.record.offset);
    trace_.line(worker, 'r', plan_.position(record.value()));
    if (!owner->second.received.insert(*record).second) {
        reached(Probe::record_twice_in_one_ownership);
    } else if (known.draining || owner->second.asked_back) {
        owner->second.came_late.insert(*record);
    }
    known.received_this_turn = true;
}

void Referee::capacity(WorkerId worker, const core::CapacityChanged& input) {
    trace_.line(worker, '%', fmt::format("endpoint {} allows {}", input.endpoint.value, input.streams));
    workers_.at(worker).capacity[input.endpoint] = input.streams;
}

void Referee::not_signed(WorkerId worker) {
    trace_.line(worker, 'K', "nothing to sign with");
    Worker& known = workers_.at(worker);
    ++known.tally.not_signed;
    ++known.tally.not_signed_ever;
    for (auto& [app, gate] : known.gates) {
        gate.since = gate.closed ? gate.since : known.happenings;  // which app's is not said
    }
}

void Referee::said(WorkerId worker, const core::Say& line) {
    trace_.line(worker, 'J', fmt::format("{}: {}", line.event, line.message));
    Worker& known = workers_.at(worker);
    if (line.event == "head_given_up") {
        check_head_given_up(worker, known, line);
    }
    if (line.event == "gate_opened" && line.message.starts_with("a fresh value")) {
        reached(Probe::rejections_held);
    }
    const auto secret = [](std::string_view text) {
        return text.find(value_mark) != std::string_view::npos ||
               text.find(key_mark) != std::string_view::npos;
    };
    bool leaks = secret(line.message);
    for (const auto& [name, value] : line.fields) {
        leaks = leaks || secret(value);
    }
    if (leaks) {
        broke(
            worker, Promise::secrets_stay_inside,
            fmt::format("the log line {} carries a secret", line.event));
    }
}

void Referee::check_buffer(WorkerId worker) {
    Worker& known = workers_.at(worker);
    if (!std::exchange(known.received_this_turn, false)) {
        return;
    }
    std::size_t unsettled = 0;
    std::size_t bytes = 0;
    for (const auto& [epoch, owner] : known.owned) {
        if (owner.asked_back) {
            continue;  // what was not under way is forgotten
        }
        for (const std::size_t record : owner.received) {
            const bool held = !owner.claimed.contains(record) && !known_finished(owner, record);
            unsettled += held ? 1U : 0U;
            bytes += held ? bytes_of(plan_.records[record]) : 0U;
        }
    }
    const std::size_t bytes_allowed =
        swarm_.settings.bytes_buffered_max + largest_ * records_a_turn_max * (1 + known.owned.size());
    // A turn's worth may come before the pause does, once for the buffer and once for each partition that was
    // assigned while it was full.
    const std::size_t allowed =
        swarm_.settings.records_buffered_max + records_a_turn_max * (1 + known.owned.size());
    if (bytes > bytes_allowed) {
        broke(worker, Promise::bounded, fmt::format("{} bytes are held, {} may be", bytes, bytes_allowed));
    }
    if (unsettled > allowed) {
        broke(worker, Promise::bounded, fmt::format("{} records are held, {} may be", unsettled, allowed));
    }
}

void Referee::letter_written(const core::Position& place, const core::OutgoingRecord& letter) {
    const StoreWork work = read_store(no_worker, core::StoreKind::dead_letter, letter);
    letters.written(place, work.record, work.owed, letter);
}

void Referee::replay_appended(std::size_t record) {
    facts_.push_back({.decided_before = decisions_});
    largest_ = std::max(largest_, bytes_of(plan_.records[record]));
    letters.appended(record);
}

// The last event of the account since it signed in was discarded, or a part of it: then somebody decided that
// what Apple holds is right. Earlier ones do not matter, since the last one names all their values.
bool Referee::given_up(std::size_t account) const {
    const PlannedRecord* last = nullptr;
    for (const std::size_t record : plan_.logs[plan_.accounts[account].partition]) {
        const PlannedRecord& planned = plan_.records[record];
        if (planned.account == account && planned.replays == 0 && !planned.commands.empty()) {
            last = &planned;
        }
    }
    return last != nullptr && std::any_of(
                                  letters.records_discarded().begin(), letters.records_discarded().end(),
                                  [&](std::size_t record) {
                                      const PlannedRecord& planned = plan_.records[record];
                                      return planned.account == account && planned.commands == last->commands;
                                  });
}

bool Referee::excused(const std::string& account) const {
    if (swarm_.operators) {
        const auto found = std::find_if(plan_.accounts.begin(), plan_.accounts.end(), [&](const auto& each) {
            return each.name == account;
        });
        return given_up(static_cast<std::size_t>(found - plan_.accounts.begin()));
    }
    // What Apple rejected by mistake is owed: a replay brings it there.
    return std::any_of(accounts_misjudged_.begin(), accounts_misjudged_.end(), [&](std::size_t index) {
        return plan_.accounts[index].name == account;
    });
}

std::string Referee::open_records(std::size_t shown_max) const {
    std::string text;
    std::size_t open = 0;
    for (std::size_t record = 0; record < plan_.records.size(); ++record) {
        if (!finished(record) && ++open <= shown_max) {
            text += fmt::format(" {}", plan_.position(record));
        }
    }
    return fmt::format("{} records unfinished:{}", open, text);
}

void Referee::check_end(const AppleStore& store) {
    std::map<Shop, Wanted> wanted;
    for (const PlannedAccount& account : plan_.accounts) {
        wanted[account.shop][account.name] = account.last_value;
    }
    for (const auto& [shop, accounts] : wanted) {
        for (const Difference& difference : store.differences(shop, accounts)) {
            if (excused(difference.account)) {
                continue;
            }
            broke(
                no_worker, Promise::no_loss,
                fmt::format(
                    "Apple holds {} for {}, the events demand {}", difference.stored.value_or("nothing"),
                    difference.account, difference.wanted.value_or("nothing")));
        }
    }
    for (std::size_t record = 0; record < plan_.records.size(); ++record) {
        if (!finished(record)) {
            broke(
                no_worker, Promise::no_loss,
                fmt::format("{} is committed and unfinished", plan_.position(record)));
        }
    }
}

}  // namespace sim
