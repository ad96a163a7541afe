// Rejections by mistake: how many of them may become dead letters, where a guard must suspect Apple.
//
// The rule, from outside: so many in a row without a success, and then only a good canary lets more through,
// the fourfold number of them each time (worker/core/engine/verdicts.cpp).
#include <fmt/format.h>

#include <algorithm>

#include "worker/sim/referee.hpp"

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
    if (work.kind != core::StoreKind::dead_letter || !swarm_.settings.breaker.canary ||
        !known.letters_asked.emplace(work.epoch, work.record).second) {
        return;
    }
    const PlannedRecord& planned = plan_.records[work.record];
    for (const std::size_t command : work.owed) {
        if (command >= planned.commands.size() || poison(planned.commands[command])) {
            continue;
        }
        const core::AppId app = plan_.accounts[planned.account].app;
        Rejections& row = known.rejections[{app, planned.commands[command].action}];
        const auto in_a_row = static_cast<std::size_t>(swarm_.settings.rejections_in_a_row_max);
        row.accounts.emplace(row.rejected_in[planned.commands[command]], planned.account);
        if (++row.letters > row.series * in_a_row * commands_for_an_account ||
            row.accounts.size() > row.series * in_a_row) {
            broke(
                worker, Promise::only_records_die,
                fmt::format(
                    "{} commands of {} accounts of app {} are dead-lettered that Apple rejected by mistake, in "
                    "{} rows",
                    row.letters, row.accounts.size(), app.value, row.series));
        }
    }
}

}  // namespace sim
