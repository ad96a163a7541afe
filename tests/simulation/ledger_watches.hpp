// Two of the shipped watches over dead letters (worker/app/ledger), as two workers run them: each looks after
// its share of the partitions, now and then they change places, and sometimes a round fails.
//
// Ownership: borrows the world, which outlives it.
#pragma once

#include <array>
#include <memory>

#include "common/time.hpp"

namespace simulation {

class World;

class LedgerWatches {
public:
    // Announces its rounds.
    explicit LedgerWatches(World& world);
    LedgerWatches(const LedgerWatches&) = delete;
    LedgerWatches& operator=(const LedgerWatches&) = delete;
    ~LedgerWatches();

    // Both looked lately, and show that nothing is owed.
    [[nodiscard]] bool nothing_owed() const;

private:
    struct Watch;
    void round(Watch& watch);
    void hand_over();
    [[nodiscard]] bool fresh() const;
    [[nodiscard]] std::size_t shown() const;

    World& world_;
    std::array<std::unique_ptr<Watch>, 2> watches_;
    std::size_t shift_ = 0;  // which watch has the first partition
};

}  // namespace simulation
