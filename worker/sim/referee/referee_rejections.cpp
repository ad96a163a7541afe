// Rejections by mistake: how many of them may become dead letters, where a guard must suspect Apple.
//
// The rule, from outside: so many in a row without a success, and then only a good canary lets more through,
// the fourfold number of them each time (worker/core/engine/verdicts.cpp). And however many succeed in
// between, no more than the ration (worker/core/engine/rations.cpp).
#include <fmt/format.h>

#include <algorithm>

#include "worker/sim/referee/referee.hpp"

namespace sim {

namespace {

// Of one account: an event names several values, and one account may have several events.
constexpr std::size_t commands_for_an_account = 5;
constexpr int doubts_max = 3;

}  // namespace

bool Referee::poison(const PlannedCommand& command) const {
    return plan_.rejected_values.contains(command.value) || plan_.failing_values.contains(command.value);
}

void Referee::tell_rejections(Worker& known, const Flight& flight, const core::Exchange& exchange) {
    const auto* answer = std::get_if<core::Answer>(&exchange);
    if (answer == nullptr) {
        return;
    }
    Rejections& row = known.rejections[{flight.app, flight.command.action}];
    const bool well = answer->status == 204 || answer->status == 404;
    const bool rejected = answer->status == 400;
    if (flight.account) {
        if (well) {
            row.series += row.pending ? 1 : 0;
            row.successes += row.pending ? 1 : 0;
            row.pending = false;
            row.doubts = 0;
            row.canaries_well = 0;
        }
        if (rejected) {
            ++row.heard;
            row.pending = true;
            row.rejected_in[flight.command] = row.successes;
        }
        return;
    }
    if (rejected) {
        reached(Probe::canary_rejected);
        row.canaries_well = 0;
    }
    if (well && ++row.canaries_well >= 1 << (2 * row.doubts)) {
        ++row.series;
        row.doubts = std::min(row.doubts + 1, doubts_max);
        row.canaries_well = 0;
    }
}

void Referee::count_rejected(WorkerId worker, const StoreWork& work) {
    Worker& known = workers_.at(worker);
    if (work.kind != core::StoreKind::dead_letter ||
        !known.letters_asked.emplace(work.epoch, work.record).second) {
        return;
    }
    const PlannedRecord& planned = plan_.records[work.record];
    for (const std::size_t index : work.owed) {
        if (index >= planned.commands.size()) {
            continue;
        }
        const PlannedCommand& command = planned.commands[index];
        const core::AppId app = plan_.accounts[planned.account].app;
        Rejections& row = known.rejections[{app, command.action}];
        if (!plan_.failing_values.contains(command.value)) {
            ++row.rejected;
            check_ration(worker, row, app);
        }
        if (!poison(command)) {
            ++row.letters;
            row.accounts.emplace(row.rejected_in[command], planned.account);
            check_row(worker, row, app);
        }
    }
}

void Referee::check_row(WorkerId worker, const Rejections& row, core::AppId app) {
    // What was withheld comes back later, in no row. There is none before the first allowance is used up.
    const bool some_withheld = row.heard >= static_cast<std::size_t>(swarm_.settings.rejected_at_once_max);
    const auto in_a_row = static_cast<std::size_t>(swarm_.settings.rejections_in_a_row_max);
    if (swarm_.settings.breaker.canary && !some_withheld &&
        (row.letters > row.series * in_a_row * commands_for_an_account ||
         row.accounts.size() > row.series * in_a_row)) {
        broke(
            worker, Promise::only_records_die,
            fmt::format(
                "{} commands of {} accounts of app {} are dead-lettered that Apple rejected by mistake, in "
                "{} rows",
                row.letters, row.accounts.size(), app.value, row.series));
    }
}

// Whatever share Apple rejects, and whoever else succeeds.
void Referee::check_ration(WorkerId worker, const Rejections& row, core::AppId app) {
    const core::Settings& settings = swarm_.settings;
    const double minutes = common::seconds(timeline_.now().steady - workers_.at(worker).since) / 60;
    const double ration = settings.rejected_at_once_max + settings.rejected_per_minute_max * minutes;
    constexpr double rounding = 1e-6;
    if (static_cast<double>(row.rejected) > ration + rounding) {
        broke(
            worker, Promise::only_records_die,
            fmt::format(
                "{} commands of app {} are dead-lettered as rejected in {:.1f} min, more than the ration of "
                "{:.1f}",
                row.rejected, app.value, minutes, ration));
    }
}

}  // namespace sim
