#include "worker/core/letters/ledger.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/invariant.hpp"
#include "worker/core/planted.hpp"
#include "worker/core/settle/offset_ranges.hpp"

namespace core {

Ledger::Ledger(Offset next, OffsetRanges closed) : closed_{next, std::move(closed)} {}

void Ledger::found(Offset offset, const Owed& owed) {
    if (!closed_.delivered(offset)) {
        letters_.emplace_hint(letters_.end(), offset, Letter{owed});
    }
}

void Ledger::found_nothing(Offset offset) {
    if (!closed_.delivered(offset)) {
        INVARIANT(closed_.finished(offset), "what was just delivered is outstanding");
    }
}

void Ledger::settled(Offset committed, const OffsetRanges& above) {
    for (auto& [offset, letter] : letters_) {
        const bool settled = offset < committed || covers(above, offset);
        if (settled != letter.settled) {
            letter.settled = settled;
            letter.until.reset();
        }
    }
}

std::vector<TopicPartition> Ledger::ends_wanted() const {
    std::set<TopicPartition> wanted;
    for (const auto& [offset, letter] : letters_) {
        if (letter.settled && !letter.until) {
            wanted.insert(letter.owed.source);
        }
    }
    return {wanted.begin(), wanted.end()};
}

void Ledger::source_ends(const TopicPartition& source, Offset end) {
    for (auto& [offset, letter] : letters_) {
        if (letter.settled && !letter.until && letter.owed.source == source) {
            letter.until = end;
        }
    }
}

std::vector<TopicPartition> Ledger::commits_wanted() const {
    std::set<TopicPartition> wanted;
    for (const auto& [offset, letter] : letters_) {
        if (letter.settled && letter.until) {
            wanted.insert(letter.owed.source);
        }
    }
    return {wanted.begin(), wanted.end()};
}

std::optional<Offset> Ledger::waits_for(const TopicPartition& source) const {
    std::optional<Offset> last;
    for (const auto& [offset, letter] : letters_) {
        if (letter.settled && letter.until && letter.owed.source == source) {
            last = std::max(last.value_or(*letter.until), *letter.until);
        }
    }
    return last;
}

void Ledger::source_committed(const TopicPartition& source, Offset committed) {
    for (auto letter = letters_.begin(); letter != letters_.end();) {
        const Letter& held = letter->second;
        const bool done = held.settled && held.until &&
                          (*held.until <= committed || planted(Bug::ledger_closes_when_sent)) &&
                          held.owed.source == source;
        letter = done ? close(letter) : std::next(letter);
    }
}

std::size_t Ledger::expired_below(Offset low) {
    std::size_t lost = 0;
    for (auto letter = letters_.begin(); letter != letters_.end() && letter->first < low;) {
        lost += letter->second.settled ? 0 : 1;
        letter = close(letter);
    }
    return lost;
}

Ledger::Letters::iterator Ledger::close(Letters::iterator letter) {
    INVARIANT(closed_.finished(letter->first), "a letter was closed twice");
    return letters_.erase(letter);
}

Ledger::Sum Ledger::sum() const {
    Sum sum;
    for (const auto& [offset, letter] : letters_) {
        if (letter.settled && planted(Bug::ledger_forgets_what_is_on_its_way)) {
            continue;
        }
        ++(letter.settled ? sum.on_way : sum.open)[count_index(letter.owed.reason)];
        sum.oldest = std::min(sum.oldest.value_or(letter.owed.since), letter.owed.since);
    }
    return sum;
}

}  // namespace core
