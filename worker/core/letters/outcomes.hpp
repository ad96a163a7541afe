// What became of replayed dead letters, from the receipts that followed: the truth about a replay is what the
// receipts say, not what was sent.
//
// Pure. Keeps a few words a letter until its last receipt is there.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "worker/core/letters/read_letter.hpp"

namespace core {

class Outcomes {
public:
    // So many letters without their last receipt are kept in mind; requires that no more are sent.
    static constexpr std::uint64_t waiting_max = 100'000;
    [[nodiscard]] bool full() const noexcept { return tally_.waiting >= waiting_max; }

    // The letter went back; `commands` of its event are owed (0: the event as a whole is).
    void sent(const Letter& letter, std::size_t commands);

    // The value of any record of the receipts topic. What is not about a letter that was sent is ignored, and
    // so is what was told before.
    void receipt(std::string_view value);

    struct Tally {
        std::uint64_t sent = 0;
        std::uint64_t waiting = 0;                           // without their last receipt
        std::array<std::uint64_t, outcomes.size()> ended{};  // by the letter's outcome, as of an event
        // The dead-lettered by reason and code, "rejected 400"; of a dozen kinds the first ones.
        std::map<std::string, std::uint64_t> came_back_as;
        [[nodiscard]] std::uint64_t came_back() const {
            return ended[static_cast<std::size_t>(Outcome::dead_lettered)];
        }
    };
    [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

    // Some that wait, for a message.
    [[nodiscard]] std::string example_waiting() const;

private:
    struct Waiting {
        std::set<std::size_t> commands;  // whose receipt is not there
        Outcome worst = Outcome::nothing_to_do;
        std::string came_back_as{};
    };
    void end(std::map<std::string, Waiting>::iterator letter);

    std::map<std::string, Waiting> waiting_;  // by the letter's position
    Tally tally_;
};

}  // namespace core
