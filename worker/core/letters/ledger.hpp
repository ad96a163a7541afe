// What is still owed in one partition of a dead-letter topic. A dead letter is
//
//   open       nobody has done anything about it
//   on its way replayed (or discarded: from here both look the same), and the source partition may still hold
//   it
//              unexecuted
//   closed     nothing is owed any more
//
// Two consumer groups carry this between processes, each as committed offset plus offset map: the replay
// group says what people have settled; the ledger's own group says what is closed. On its way ends when the
// workers have committed past the end that the source partition had after the settlement was seen. A replay
// that fails again is a new dead letter, and open as such; it is stored before the workers commit past the
// replay. So at no moment is an obligation in none of the three states, or in two of them.
//
//   ledger.found(41, {...});                  open
//   ledger.settled(0, {{41, 41}});            on its way; ends_wanted() names the source partition
//   ledger.source_ends({"events", 3}, 900);
//   ledger.source_committed({"events", 3}, 900);   closed: committable() == 42
//
// Ownership: keeps a few words a letter, never records.
// Threads:   one; not locked.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/time.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace core {

// A count for each reason, and at the end one for letters that are not understood.
using CountsByReason = std::array<std::size_t, dead_letter_reasons.size() + 1>;
[[nodiscard]] constexpr std::size_t count_index(std::optional<DeadLetterReason> reason) noexcept {
    return reason ? static_cast<std::size_t>(*reason) : dead_letter_reasons.size();
}

struct Owed {
    std::optional<DeadLetterReason> reason = DeadLetterReason::invalid;
    common::WallTime since{};
    TopicPartition source;
};

class Ledger {
public:
    // Reading starts at `next`; `closed` is what the ledger's own map says is closed above it.
    explicit Ledger(Offset next, OffsetRanges closed = {});

    // The letter at `offset`, in ascending order. What an earlier ledger closed is not owed.
    void found(Offset offset, const Owed& owed);
    // A record that is no dead letter owes nothing.
    void found_nothing(Offset offset);

    // The replay group settled everything below `committed` and all of `above`. What it took back again (its
    // offsets were reset) is open again.
    void settled(Offset committed, const OffsetRanges& above);

    // Source partitions whose end must be asked now: letters on their way wait to know it.
    [[nodiscard]] std::vector<TopicPartition> ends_wanted() const;
    void source_ends(const TopicPartition& source, Offset end);
    // Source partitions for which letters are on their way.
    [[nodiscard]] std::vector<TopicPartition> commits_wanted() const;
    // The end that the last of them waits for; none: none waits.
    [[nodiscard]] std::optional<Offset> waits_for(const TopicPartition& source) const;
    void source_committed(const TopicPartition& source, Offset committed);

    // The partition begins at `low` now. Returns how many letters vanished while they were open: nobody will
    // ever see them again, and what they asked for was not done.
    [[nodiscard]] std::size_t expired_below(Offset low);

    struct Sum {
        CountsByReason open{};
        CountsByReason on_way{};
        std::optional<common::WallTime> oldest;  // of both
    };
    [[nodiscard]] Sum sum() const;
    [[nodiscard]] std::size_t size() const noexcept { return letters_.size(); }

    // For the ledger's own commit.
    [[nodiscard]] Offset committable() const noexcept { return closed_.committable(); }
    [[nodiscard]] OffsetRanges closed_above() const { return closed_.finished_above(); }

private:
    struct Letter {
        Owed owed;
        bool settled = false;
        std::optional<Offset> until{};  // end of the source, once settled
    };
    using Letters = std::map<Offset, Letter>;
    Letters::iterator close(Letters::iterator letter);

    OffsetTracker closed_;
    Letters letters_;  // not closed
};

}  // namespace core
