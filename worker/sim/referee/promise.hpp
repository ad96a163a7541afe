// What the simulation holds the worker to, by name, and the first one that was broken in a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sim {

enum class Promise : std::uint8_t {
    no_loss,                   // every event's effect is at Apple, or its dead letter is stored
    order_per_account,         // commands of one account are sent in log order, one at a time
    retry_after_kept,          // nothing for an app before the time that a delivered 429 announced
    gate_holds,                // while a credential is refused or throttled, one request at a time asks again
    rate_kept,                 // commands of an app keep within its configured rate
    only_records_die,          // dead letters are for invalid and poisoned records only
    attempts_spent,            // what is exhausted has had its attempts, or blocked a full window
    letter_is_whole,           // a dead letter carries the original byte for byte
    commit_behind_unfinished,  // nothing unfinished below a committed offset
    commit_never_back,         // offsets do not move back within an epoch
    commit_own_epoch,          // nothing is committed for an epoch that is known to be over
    commit_own_work,           // an ownership commits what it was handed over or finished itself, no more
    map_is_true,               // the offset map names finished records, and all of them
    receipts_first,            // a record's receipts are stored before it is committed
    one_visible_state,         // a receipt says what Apple answered, or that a dead letter is stored
    few_repeats,               // what was committed is never sent again, and what finished is soon committed
    gauges_true,               // counters and gauges equal a recount
    standstill_true,           // what Kafka owes a partition for long is told, and nothing else is
    oldest_not_younger,        // the oldest unexecuted event is at least as old as is shown by a recount
    converges,                 // once faults stop everything is settled in bounded time
    bounded,                   // in flight, capacity, buffers
    drains,                    // a drain ends in its bound, and cleanly once faults are over
    no_spinning,               // turns without progress do not repeat
    secrets_stay_inside,       // no token value or credential in logs, receipts, headers
    ancestor_known,            // a replay, and what becomes of it, names the letter before and is counted
    replay_goes_home,          // a replay goes to the partition that its account is ordered in
    only_owed_runs,            // a replay runs what is owed, and what must come behind it, no more
    replayed_once,             // a settled letter is left alone, and a kill repeats little
    replays_bounded,           // no letter goes back more often than allowed
    settled_when_stored,       // a letter is settled when its replay or its discard is stored, not before
    owed_until_done,           // what is shown as owed never sinks while something is, and ends at zero
    repeatable,                // same seed, same trace
};
[[nodiscard]] std::string_view promise_name(Promise promise) noexcept;

struct Broken {
    Promise promise = Promise::no_loss;
    std::string seen;
};

// Keeps the first broken promise: later ones are mostly its consequences.
class Verdict {
public:
    void broke(Promise promise, std::string seen) {
        if (!broken_) {
            broken_ = Broken{promise, std::move(seen)};
        }
    }
    [[nodiscard]] const std::optional<Broken>& broken() const noexcept { return broken_; }

private:
    std::optional<Broken> broken_;
};

}  // namespace sim
