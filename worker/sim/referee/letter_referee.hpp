// Watches what becomes of dead letters: who replays or discards them, how often, and what is said to be owed.
//
// It believes the broker's logs and commits, never the code that wrote them: a letter is done when a copy of
// it in its source partition is done (executed, or stored as a letter again), or when the receipts of its
// discard are stored.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "worker/core/settle/letter.hpp"
#include "worker/sim/kafka/letter_topics.hpp"
#include "worker/sim/plan/plan.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/referee/promise.hpp"
#include "worker/sim/world/trace.hpp"

namespace sim {

class LetterReferee {
public:
    struct World {
        const Timeline& timeline;
        Trace& trace;
        Verdict& verdict;
        const Plan& plan;
        std::function<bool(std::size_t record)> finished;
        std::function<void(Probe probe)> reached;
    };
    explicit LetterReferee(World world) : world_{std::move(world)} {}

    // A letter for the plan's record is stored; `owed`: the commands it names.
    void written(
        const core::Position& place, std::size_t record, const std::set<std::size_t>& owed,
        const core::OutgoingRecord& letter);
    // A record came into a source topic from an operator: what it is; none: it should not be there.
    [[nodiscard]] std::optional<PlannedRecord> replayed(const core::OutgoingRecord& record);
    void appended(std::size_t record);
    // A receipt is stored. False: it is about no letter.
    [[nodiscard]] bool receipt(const std::string& id, const std::string& outcome);

    // An operator begins with a letter; `run` is its number, `committed` what the replay group has committed.
    enum class Deed : unsigned char { replay, discard };
    void taken(Deed deed, std::uint64_t run, const core::Position& letter, const Commits& committed);
    // Every store of this letter's was acknowledged to the operator.
    void acknowledged(const core::Position& letter);
    // The run is over. `left_open`: what it could not commit may be done again, whenever that was.
    void run_over(std::uint64_t run, const Commits& committed, bool left_open);
    // The replay group's commit passed.
    void settled(const Commits& committed);
    // The ledger's commit passed.
    void closed(const Commits& committed);
    // So many letters are shown as open by all watchers; each has read what was stored before `seen`.
    void shown(std::size_t open, common::Instant seen);

    // Letters that are neither executed nor discarded.
    [[nodiscard]] std::size_t owed() const;
    // Once all is at rest: every letter came to its end. `committed`: of the replay group.
    void check_end(const Commits& committed);
    // Who is owed by decision: a discarded event of the account was not executed.
    [[nodiscard]] const std::set<std::size_t>& records_discarded() const noexcept { return discarded_; }
    [[nodiscard]] std::size_t letters() const noexcept { return letters_.size(); }

    static constexpr int replays_max = 3;  // what the simulated operator allows

private:
    struct Letter {
        core::Position place{};
        std::size_t record = 0;
        std::set<std::size_t> owed{};
        int replays = 0;
        common::Instant stored{};
        std::vector<std::size_t> copies{};     // records in the source topic
        std::set<std::size_t> discards{};      // commands whose receipt is stored
        bool event_discarded = false;          // the receipt of the event as a whole
        std::uint64_t last_run = 0;            // that took it
        std::optional<common::Instant> ack{};  // of this run
        std::size_t root = 0;                  // the letter with which the event began to be owed, by index
    };
    [[nodiscard]] Letter* find(std::string_view place);
    [[nodiscard]] static bool discarded(const Letter& letter);
    [[nodiscard]] std::size_t root_of(std::size_t record) const;
    [[nodiscard]] bool done(const Letter& letter) const;
    void broke(Promise promise, const std::string& seen);
    void check_lineage(const Letter& letter, const core::OutgoingRecord& record);

    World world_;
    std::vector<Letter> letters_;
    std::map<std::string, std::size_t, std::less<>> by_place_;
    std::map<std::size_t, std::size_t> letter_of_copy_;  // record -> the letter that it replays
    std::set<std::size_t> discarded_;                    // records
};

// Whether the group committed the letter as settled or closed.
[[nodiscard]] bool covers(const Commits& committed, const core::Position& letter);

}  // namespace sim
