// What a finished record leaves behind in Kafka: a dead letter when something is still owed, receipts always.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/command/command.hpp"
#include "worker/core/event/event.hpp"
#include "worker/core/event/record.hpp"
#include "worker/core/settle/lineage.hpp"

namespace core {

// A record to be produced. Same shape for dead letters and receipts.
struct OutgoingRecord {
    std::string topic;
    std::optional<std::string> key;
    std::optional<std::string> value;
    Headers headers;
    std::optional<common::WallTime> timestamp;  // none: the producer's clock
    std::optional<std::int32_t> partition{};    // none: as the key's hash says
};

enum class DeadLetterReason : std::uint8_t { invalid, rejected, exhausted };
inline constexpr std::array dead_letter_reasons{
    DeadLetterReason::invalid, DeadLetterReason::rejected, DeadLetterReason::exhausted};
[[nodiscard]] std::string_view reason_name(DeadLetterReason reason) noexcept;

// Everything a dead letter's headers say (DESIGN section 8).
struct DeadLetterFacts {
    TopicPartition from;
    DeadLetterReason reason = DeadLetterReason::invalid;
    std::string error_code;  // closed set: an invalid code, or an answer class
    std::optional<int> http_status;
    int attempts = 0;
    std::vector<std::size_t> commands;  // indices that still have to run
    std::optional<common::WallTime> first_failed;
    common::WallTime last_failed{};
    std::string consumer_group;
    std::string worker_version;
    Lineage lineage{};  // of the original, as its headers say
    // The broker will never take it: too large. First the value goes, then the original key and headers too.
    bool omit_value = false;
    bool omit_key_and_headers = false;
};

// `topic` is the dead-letter topic. The original's key, value, headers and timestamp are kept byte for byte;
// dlq.* headers of an earlier round are replaced by what `facts` says, its lineage too.
[[nodiscard]] OutgoingRecord dead_letter(
    const Record& original, std::string topic, const DeadLetterFacts& facts);

// "{topic}.dead-letters" with {topic} and {reason} filled in.
[[nodiscard]] std::string dead_letter_topic(
    std::string_view name_template, std::string_view source_topic, DeadLetterReason reason);

// How a command, or an event without commands, ended. The words of the receipt.
enum class Outcome : std::uint8_t {
    executed,
    probably_executed,
    already_so,
    not_found,
    nothing_to_do,
    dead_lettered,
};
inline constexpr std::array outcomes{Outcome::executed,  Outcome::probably_executed, Outcome::already_so,
                                     Outcome::not_found, Outcome::nothing_to_do,     Outcome::dead_lettered};
// Of these, what an event that was executed ends with; the best first.
inline constexpr std::array achieved_outcomes{
    Outcome::executed, Outcome::probably_executed, Outcome::already_so, Outcome::not_found};
[[nodiscard]] std::string_view outcome_name(Outcome outcome) noexcept;

// What Apple said of a session that was checked.
enum class SessionState : std::uint8_t {
    valid,
    over,       // the refresh token is not taken any more: the person has to sign in again
    not_asked,  // it was asked about less than a day ago, by us or as Apple counts
};
inline constexpr std::array session_states{SessionState::valid, SessionState::over, SessionState::not_asked};
[[nodiscard]] std::string_view session_name(SessionState state) noexcept;

// A dead letter that somebody gave up on the record.
struct Discard {
    std::string_view by;
    std::string_view why;
    std::string_view superseded_by;  // id of the event that does its work; empty: none
};

struct ReceiptFacts {
    TopicPartition from;  // of a discard: the dead letter's place
    Offset offset;
    std::string_view event_id;  // may be empty: an invalid event need not have one
    std::string_view event_source;
    std::string_view event_type;  // the CloudEvents type; empty when unknown
    std::string_view subject;     // empty: the receipt's key is the original record's key
    std::string_view traceparent;
    std::string_view app;
    std::optional<std::size_t> command;  // index; none: the receipt is about the event
    std::optional<Action> action;
    Outcome outcome = Outcome::executed;
    std::optional<SessionState> session{};   // of a check
    std::optional<DeadLetterReason> reason;  // with dead_lettered
    std::string_view error_code;             // with dead_lettered
    int attempts = 0;
    std::optional<double> seconds_to_outcome;  // from the event's time; none when that is unknown
    std::string_view fingerprint;              // of the token value; empty without a command
    int replays = 0;                           // how often the record was replayed
    std::optional<Discard> discard;            // then the outcome is "discarded", whatever `outcome` says
    std::string_view replay_of;                // the dead letter it was before; empty: none
    std::string_view origin{};                 // of a replay or discard: the record it all began with
    common::WallTime now{};
    std::string_view worker_version;
};

// CloudEvents 1.0, structured JSON mode, type autosignin.command.completed.v1. The id is made of the record's
// position and the command, so that a repeated receipt has the same id. Without a subject the key is
// `original_key`, unless that is longer than 4 KiB.
[[nodiscard]] OutgoingRecord receipt(
    std::string topic, const ReceiptFacts& facts, const std::optional<std::string>& original_key);

}  // namespace core
