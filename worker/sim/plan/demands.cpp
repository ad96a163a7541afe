#include "worker/sim/plan/demands.hpp"

#include <algorithm>

namespace sim {

std::vector<Demand> demands_of(const Plan& plan, const Owed& owed, common::Instant start) {
    std::vector<Demand> demands;
    for (const PlannedAccount& account : plan.accounts) {
        demands.push_back({account.name, account.shop, start, {}, !account.last_value});
    }
    for (std::size_t i = 0; i < plan.records.size(); ++i) {
        const PlannedRecord& record = plan.records[i];
        Demand& demand = demands[record.account];
        for (std::size_t command = 0; command < record.commands.size(); ++command) {
            if (owed(i, command)) {
                demand.closed = false;
                continue;
            }
            demand.gone.insert(record.commands[command].value);
            demand.since = std::max(demand.since, start + record.produced);
        }
    }
    return demands;
}

}  // namespace sim
