// A dead letter as it is found in its topic: what failed, why, and what is still owed.
//
// Pure, and total: whatever lies in a dead-letter topic is read or refused with a reason, never with a throw.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "worker/core/event/decode.hpp"
#include "worker/core/letters/given_names.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/lineage.hpp"

namespace core {

struct Letter {
    Position place;     // in the dead-letter topic
    Position original;  // of the record that failed; without a topic: not understood
    // None: not understood. What has a dlq.reason is owed all the same: a newer version wrote it, or its
    // headers are damaged.
    std::optional<DeadLetterReason> reason = DeadLetterReason::invalid;
    std::string problem;  // why it is not understood: names the header, never its value; empty: it is
    std::string error_code;
    std::optional<int> http_status;
    int attempts = 0;
    std::vector<std::size_t> commands;  // indices that still have to run; empty: all, or the event is invalid
    std::optional<common::WallTime> first_failed;
    std::optional<common::WallTime> last_failed;
    std::string consumer_group;
    std::string worker_version;
    int replays = 0;
    std::string replay_of;  // the dead letter it descends from; empty: none
    std::string origin;  // the record that the account system wrote, as far back as is known; empty: unknown
    bool value_omitted = false;  // the broker took the original only without its value: it cannot be replayed
    bool key_omitted = false;

    // What can be read of the event itself.
    Envelope envelope;
    std::string app;   // as configured; empty: unknown
    GivenNames given;  // for a type or app that is unknown: what the event calls it
    // Since when it is owed: the event's time; of one that is invalid or says none, the first original's
    // timestamp.
    common::WallTime since{};
};

// The words that a person sees, also where the worker does not know what they name: the event's type, or
// "unknown"; its app, or nothing.
[[nodiscard]] std::string_view type_word(const Letter& letter) noexcept;
[[nodiscard]] std::string_view app_word(const Letter& letter) noexcept;

// The reason's name; "unknown" for none.
[[nodiscard]] std::string_view reason_word(std::optional<DeadLetterReason> reason) noexcept;

// In a dead-letter topic, but not written by a worker, for it has no dlq.reason: it owes nothing.
struct NotALetter {
    Position place;
    std::string why;  // names the header, never its value
};

using LetterRead = std::variant<Letter, NotALetter>;

// `record.epoch` is not looked at.
[[nodiscard]] LetterRead read_letter(
    const TopicPartition& topic, const Record& record, const DecodeRules& rules);

}  // namespace core
