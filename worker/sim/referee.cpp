#include "worker/sim/referee.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/settle/offset_map.hpp"
#include "worker/sim/credentials.hpp"

namespace sim {

namespace {

// What app::WorkerLoop collects in one turn.
constexpr std::size_t records_a_turn_max = 64;

}  // namespace

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
    workers_.at(worker).owned[input.epoch] = {
        .partition = partition, .next = input.next, .claimed = claims(partition, input.next, input.metadata)};
}

void Referee::revoked(WorkerId worker, const core::Revoked& input) {
    for (const core::Epoch epoch : input.epochs) {
        trace_.line(worker, input.lost ? 'L' : 'R', fmt::format("epoch {}", epoch.value));
        if (input.lost) {
            disown(workers_.at(worker), epoch);
        } else if (const auto owner = workers_.at(worker).owned.find(epoch);
                   owner != workers_.at(worker).owned.end()) {
            owner->second.asked_back = true;
        }
    }
}

void Referee::released(WorkerId worker, core::Epoch epoch) {
    trace_.line(worker, 'F', fmt::format("epoch {}", epoch.value));
    Worker& known = workers_.at(worker);
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
    const auto owner = known.owned.find(input.record.epoch);
    if (owner == known.owned.end()) {
        return;
    }
    const auto record = plan_.record_at(owner->second.partition, input.record.offset);
    trace_.line(worker, 'r', plan_.position(record.value()));
    owner->second.received.insert(*record);
    known.received_this_turn = true;
}

void Referee::capacity(WorkerId worker, const core::CapacityChanged& input) {
    trace_.line(worker, '%', fmt::format("endpoint {} allows {}", input.endpoint.value, input.streams));
    workers_.at(worker).capacity[input.endpoint] = input.streams;
}

void Referee::said(WorkerId worker, const core::Say& line) {
    trace_.line(worker, 'J', fmt::format("{}: {}", line.event, line.message));
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
    for (const auto& [epoch, owner] : known.owned) {
        if (owner.asked_back) {
            continue;  // what was not under way is forgotten
        }
        for (const std::size_t record : owner.received) {
            unsettled += !owner.claimed.contains(record) && !known_finished(owner, record) ? 1U : 0U;
        }
    }
    // A turn's worth may come before the pause does, once for the buffer and once for each partition that was
    // assigned while it was full.
    const std::size_t allowed =
        swarm_.settings.records_buffered_max + records_a_turn_max * (1 + known.owned.size());
    if (unsettled > allowed) {
        broke(worker, Promise::bounded, fmt::format("{} records are held, {} may be", unsettled, allowed));
    }
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
