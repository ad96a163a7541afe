// Which command a request was about, and the place of that command among those of its account.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/kafka/account_history.hpp"
#include "worker/sim/apple/ledger.hpp"

namespace lane {

struct Place {
    std::size_t account = 0;
    std::size_t index = 0;      // among the account's commands
    std::size_t event = 0;      // index of its event's first command
    std::size_t event_end = 0;  // index after its event's last command
};

class Book {
public:
    explicit Book(const History& history);

    // Null: no event demands it.
    [[nodiscard]] const Place* find(const sim::LedgerEntry& entry) const;
    // How many the account's events demand.
    [[nodiscard]] std::size_t commands(std::size_t account) const { return commands_[account]; }

private:
    using CommandName = std::pair<std::string, std::string>;  // value, replacement: values are never reused
    std::map<CommandName, Place> places_;
    std::vector<std::size_t> commands_;  // by account
};

}  // namespace lane
