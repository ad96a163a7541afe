// How a settled dead letter ended, who did it and why, as far as the receipts topic tells: a discard names
// its letter and its person; a replay is named by the receipts of what it did, and the person by the audit
// record of one of the runs since the letter failed.
//
// Pure. Keeps the newest runs and one word a command.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/letters/read_letter.hpp"

namespace core {

class Fate {
public:
    static constexpr std::size_t runs_max = 3;

    explicit Fate(const Letter& letter);

    // The value of any record of the receipts topic. What is not about the letter is ignored.
    void record(std::string_view value);

    enum class How : unsigned char { unknown, replayed, discarded };
    [[nodiscard]] How how() const noexcept { return how_; }

    struct Run {
        std::string at;  // RFC 3339
        std::string by;
        std::string why;            // empty: not given
        std::string superseded_by;  // of a discard: id of an event; empty: none
    };
    // Of a discard: it. Else replays that begun since the letter failed, the newest last: one of them took
    // the letter, unless it was discarded.
    [[nodiscard]] const std::vector<Run>& runs() const noexcept { return runs_; }
    // So many earlier ones are not kept.
    [[nodiscard]] std::uint64_t runs_left_out() const noexcept { return runs_left_out_; }

    // Of a replay: how many commands, or the event as a whole, ended how.
    [[nodiscard]] std::map<std::string, int> outcomes() const;

private:
    std::string place_;
    std::string failed_;  // RFC 3339
    How how_ = How::unknown;
    std::vector<Run> runs_;
    std::uint64_t runs_left_out_ = 0;
    std::map<std::string, std::string> outcome_of_;  // by the receipt's id
};

}  // namespace core
