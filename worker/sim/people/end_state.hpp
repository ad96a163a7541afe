// The question that the whole system is for: after all events, does a device of an opted-out, deleted or
// re-passworded person still hold a value that signs in? And where one does, whose mistake is it?
//
// A value signs in unless it was meant to go: until Apple has forgotten it, it opens sessions on whatever
// device reads it. So a value is wrong when an event demanded that it go, or when its owner is not to have
// any. What happened to it is read from Apple's ledger and from the devices' own writes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"
#include "worker/sim/apple/ledger.hpp"
#include "worker/sim/people/people.hpp"

namespace sim {

// What the events of one Apple Account's owner demand, taken together.
struct Demand {
    std::string account{};  // the Apple Account that holds the owner's values
    Shop shop{};
    common::Instant since{};       // the last event
    std::set<std::string> gone{};  // values that events named to be deleted or replaced
    bool closed = false;           // opted out or deleted: no value at all may be there
};

enum class Leftover : std::uint8_t {
    not_executed,         // no call of ours ever found it there
    deleted_too_early,    // our call came, then a device stored the same value (again)
    stored_after_events,  // a device stored it later, and no event names it
    never_named,          // it was there before the last event, which did not name it
    written_by_update,    // an Update put it there: a late one, or one with a wrong replacement
};
[[nodiscard]] std::string_view leftover_name(Leftover kind) noexcept;

struct Finding {
    Leftover kind = Leftover::not_executed;
    std::string device{};
    std::string account{};  // may be another one's than the demand's: one value on several accounts
    Shop shop{};
    std::string value{};
    common::Instant stored{};  // by a device or an Update, as far as known
    common::Instant called{};  // our last call about the value
};
// One line for a person; the value is named by its first characters only.
[[nodiscard]] std::string finding_text(const Finding& finding);

// Every device that reads a wrong value now, in the order of devices. Requests in the air must have landed.
[[nodiscard]] std::vector<Finding> leftovers(
    const People& people, const Ledger& ledger, const std::vector<Demand>& demands);

}  // namespace sim
