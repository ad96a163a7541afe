// The people of a world: they list, replay and discard dead letters with the shipped logic
// (worker/core/letters) while traffic and faults go on, are killed half-way, sleep through their session, and
// begin again; and the watches that say what is still owed (worker/app/ledger).
//
// Ownership: borrows the world, which outlives it.
#pragma once

#include <memory>
#include <vector>

#include "worker/core/letters/selection.hpp"
#include "worker/sim/referee/letter_referee.hpp"

namespace simulation {

class World;
class LedgerWatches;

class Operators {
public:
    // Announces what they are going to do.
    explicit Operators(World& world);
    Operators(const Operators&) = delete;
    Operators& operator=(const Operators&) = delete;
    ~Operators();

    // Nobody is at work, every letter is settled, and the watches show that nothing is owed.
    [[nodiscard]] bool at_rest() const;

private:
    using Deed = sim::LetterReferee::Deed;
    struct Errand {
        Deed deed = Deed::replay;
        core::Selection selection{};
        std::size_t limit = 0;  // 0: none
        double rate = 0;        // letters a second; 0: as fast as it goes
        bool killed = false;
        bool sleeps = false;
    };
    struct Run;
    [[nodiscard]] Errand draw_errand();
    [[nodiscard]] core::Selection draw_selection();
    [[nodiscard]] std::vector<core::Position> choose(const Errand& errand);
    void plan(const Errand& errand);
    void begin(const Errand& errand, std::vector<core::Position> chosen);
    void tick(Run& run);
    void work(Run& run);
    void collect(Run& run);
    void commit(Run& run);
    void take(Run& run);
    void take(Run& run, const core::Position& place);
    void end(Run& run, const char* how, bool leaves);
    // All faults are over: whatever is open is replayed, or discarded in the end.
    void close_all();
    [[nodiscard]] bool all_settled() const;

    World& world_;
    std::vector<std::unique_ptr<Run>> runs_;
    std::uint64_t last_run_ = 0;
    bool patient_ = false;  // letters that came back are replayed again, until they were too often
    std::unique_ptr<LedgerWatches> watches_;
};

}  // namespace simulation
