// The records of a world, what each demands of Apple, and what Apple should hold in the end.
//
// Accounts follow the contract of DESIGN section 4: every event names every value that may still be stored,
// oldest first; values are never reused; an update gives all of them the same replacement. Some values are
// poison: Apple refuses whatever addresses them, always. Some records are invalid.
//
// Ownership: made once before a run, not changed afterwards.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/event/record.hpp"
#include "worker/sim/apple/store.hpp"
#include "worker/sim/world/swarm.hpp"

namespace sim {

struct PlannedCommand {
    core::Action action = core::Action::erase;
    std::string value{};
    std::string replacement{};

    friend auto operator<=>(const PlannedCommand&, const PlannedCommand&) = default;
};

enum class RecordKind : unsigned char { valid, poisoned, invalid };

struct PlannedRecord {
    std::size_t partition = 0;
    core::Offset offset{};
    RecordKind kind = RecordKind::valid;
    std::size_t account = 0;
    std::vector<PlannedCommand> commands{};  // empty and valid: nothing to do
    common::Duration produced{};             // since the start
    std::optional<std::string> key{};
    std::optional<std::string> value{};
    core::Headers headers{};
    common::WallTime timestamp{};
    common::WallTime owed_since{};  // the time of the event
    // Of a dead letter that an operator sent back: the record is not planned but comes while the world runs.
    int replays = 0;
    std::string replay_of{};        // the letter's place
    std::size_t first_command = 0;  // the commands before it ended in an earlier round
};

struct PlannedAccount {
    std::string name;  // subject of the events and account at Apple
    core::AppId app{};
    Shop shop{};
    std::size_t partition = 0;
    std::string first_value{};                // on the Apple Account before anything happens
    std::optional<std::string> last_value{};  // what Apple should hold in the end
};

// A person signs in again: a device stores a fresh value.
struct PlannedSignIn {
    std::size_t account = 0;
    std::string value{};
    common::Duration at{};
};

struct RecordPlace {
    std::size_t record = 0;  // index into Plan::records
    std::size_t command = 0;
};

struct Plan {
    std::vector<core::TopicPartition> partitions{};
    std::vector<PlannedAccount> accounts{};
    std::vector<PlannedRecord> records{};          // by partition, then offset
    std::vector<std::vector<std::size_t>> logs{};  // by partition: indices into records, by offset
    std::vector<PlannedSignIn> sign_ins{};
    std::set<std::string, std::less<>> rejected_values{};  // poison: 400, always
    std::set<std::string, std::less<>> failing_values{};   // poison: 500, always
    std::map<PlannedCommand, std::vector<RecordPlace>> places{};

    // None when no record is there.
    [[nodiscard]] std::optional<std::size_t> record_at(std::size_t partition, core::Offset offset) const;
    [[nodiscard]] std::optional<std::size_t> partition_of(const core::TopicPartition& partition) const;
    [[nodiscard]] std::string position(std::size_t record) const;

    // The record is written at this time since the start: behind what its partition holds by then, before
    // what is planned for later, which moves up by one offset. Returns its index.
    std::size_t append(PlannedRecord record, common::Duration now);
};

// Every token value contains this, so that a checker finds one wherever it turns up.
inline constexpr std::string_view value_mark = "tkn~";

// As a worker counts what it holds.
[[nodiscard]] std::size_t bytes_of(const PlannedRecord& record);

[[nodiscard]] Plan draw_plan(Choices& choices, const Swarm& swarm, common::WallTime start);

}  // namespace sim
