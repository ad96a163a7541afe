#include "tests/kafka/book.hpp"

namespace lane {

Book::Book(const History& history) : commands_(history.accounts.size()) {
    for (const SentEvent& event : history.events) {
        std::size_t& commands = commands_[event.account];
        const std::size_t first = commands;
        const std::size_t end = first + event.demands.size();
        for (const Demand& demand : event.demands) {
            places_[{demand.value, demand.replacement}] = {event.account, commands++, first, end};
        }
    }
}

const Place* Book::find(const sim::LedgerEntry& entry) const {
    const auto found = places_.find({entry.value, entry.replacement});
    return found == places_.end() ? nullptr : &found->second;
}

}  // namespace lane
