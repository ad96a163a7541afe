// What a record's headers say of its earlier rounds: a dead letter that is replayed comes back through its
// source topic with the dead letter's position and the commands that still have to run.
//
// Anybody who may write to the source topic can write these headers. So whatever cannot be understood is
// taken as absent, which runs a command once more and leaves none out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/event/record.hpp"

namespace core {

struct Lineage {
    int replays = 0;  // how often it was replayed; 0: never
    std::string of;   // the dead letter it was last, TOPIC/PARTITION/OFFSET; empty: none
    // The record that the account system wrote, of which all this is a replay, TOPIC/PARTITION/OFFSET; empty:
    // it is not told.
    std::string origin{};
    std::vector<std::size_t> commands;  // indices that still have to run, ascending; empty: all
    // Since when it is owed, for events that do not say so themselves; none: since this record.
    std::optional<common::WallTime> since{};
};

// The last header of a name counts, of the counts the last that is one. Commands and the origin are believed
// with an ancestor only.
[[nodiscard]] Lineage lineage_of(const Headers& headers);

// The first command that has to run, of so many that the event asks for; those before it ended in an earlier
// round. All behind it run again, also those that are not owed: an older dead letter of the account that was
// replayed meanwhile may have stored the value that they remove. Commands run oldest value first, so nothing
// brings back what the ones before have removed. A list that does not fit the event is not believed: then it
// is 0, which is harmless.
[[nodiscard]] std::size_t first_to_run(const Lineage& lineage, std::size_t commands) noexcept;

// The indices of a dlq.commands header; empty: the text is no ascending list of numbers.
[[nodiscard]] std::vector<std::size_t> read_command_list(std::string_view text);

// "TOPIC/PARTITION/OFFSET".
struct Position {
    TopicPartition partition;
    Offset offset;

    friend auto operator<=>(const Position&, const Position&) = default;
};
[[nodiscard]] std::string position_text(const TopicPartition& partition, Offset offset);
// None: it is no position.
[[nodiscard]] std::optional<Position> read_position(std::string_view text);

}  // namespace core
