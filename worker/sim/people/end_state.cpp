#include "worker/sim/people/end_state.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace sim {
namespace {

constexpr std::size_t shown_max = 12;  // characters of a value

// What must not be in a shop.
struct Wrong {
    std::map<std::string, const Demand*, std::less<>> by_value;
    std::map<std::string, const Demand*, std::less<>> by_account;  // closed ones
};

struct History {
    std::optional<common::Instant> stored;   // by a device, last
    std::optional<common::Instant> updated;  // to this value, by a call, last
    std::optional<common::Instant> called;   // about this value, last; also when it was not found
};

History history_of(const People& people, const Ledger& ledger, const Shop& shop, const std::string& value) {
    History history;
    for (const DeviceWrite& write : people.writes()) {
        if (write.shop == shop && write.value == value) {
            history.stored = write.at;
        }
    }
    for (const LedgerEntry& entry : ledger) {
        if (!(entry.shop == shop)) {
            continue;
        }
        if (entry.accounts > 0 && entry.replacement == value) {
            history.updated = std::max(history.updated.value_or(entry.executed_at), entry.executed_at);
        }
        if ((entry.status == 204 || entry.status == 404) && entry.value == value) {
            history.called = std::max(history.called.value_or(entry.executed_at), entry.executed_at);
        }
    }
    return history;
}

Leftover kind_of(const History& history, const Demand& demand, bool named) {
    if (history.updated && (!history.stored || *history.updated > *history.stored)) {
        return Leftover::written_by_update;
    }
    if (named) {
        return history.called && history.stored && *history.called <= *history.stored
                   ? Leftover::deleted_too_early
                   : Leftover::not_executed;
    }
    return history.stored && *history.stored > demand.since ? Leftover::stored_after_events
                                                            : Leftover::never_named;
}

}  // namespace

std::string_view leftover_name(Leftover kind) noexcept {
    switch (kind) {
        case Leftover::not_executed:
            return "not executed";
        case Leftover::deleted_too_early:
            return "deleted too early";
        case Leftover::stored_after_events:
            return "stored after the events";
        case Leftover::never_named:
            return "never named by an event";
        case Leftover::written_by_update:
            return "written by an update";
    }
    return "unknown";
}

std::string finding_text(const Finding& finding) {
    const bool cut = finding.value.size() > shown_max;
    return fmt::format(
        "{} ({}) holds {}{} for {}: {}", finding.device, finding.account,
        std::string_view{finding.value}.substr(0, shown_max), cut ? "..." : "", finding.shop.bundle_id,
        leftover_name(finding.kind));
}

std::vector<Finding> leftovers(
    const People& people, const Ledger& ledger, const std::vector<Demand>& demands) {
    std::map<Shop, Wrong> wrong;
    for (const Demand& demand : demands) {
        Wrong& here = wrong[demand.shop];
        for (const std::string& value : demand.gone) {
            here.by_value.emplace(value, &demand);
        }
        if (demand.closed) {
            here.by_account.emplace(demand.account, &demand);
        }
    }
    std::vector<Finding> findings;
    for (const auto& [name, device] : people.devices()) {
        for (const auto& [shop, here] : wrong) {
            const Held held = people.token(name, shop);
            if (!held.value) {
                continue;
            }
            const std::string& account = people.account_read(name, shop);
            const auto named = here.by_value.find(*held.value);
            const auto closed = here.by_account.find(account);
            const bool is_named = named != here.by_value.end();
            if (!is_named && closed == here.by_account.end()) {
                continue;
            }
            const Demand& demand = is_named ? *named->second : *closed->second;
            const History history = history_of(people, ledger, shop, *held.value);
            findings.push_back(
                {kind_of(history, demand, is_named), name, account, shop, *held.value,
                 std::max(
                     history.stored.value_or(common::Instant{}), history.updated.value_or(common::Instant{})),
                 history.called.value_or(common::Instant{})});
        }
    }
    return findings;
}

}  // namespace sim
