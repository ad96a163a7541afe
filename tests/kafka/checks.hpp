// The checks of the lane. Each returns what it measured, for its line of output, or throws Failed.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "tests/kafka/scene.hpp"

namespace lane {

// One worker, CloudEvents in both modes by kcat and a bulk load: Apple's store, receipts, dead letters and
// commits are what the events demand. The admin port answers, and no secret is seen at debug level.
[[nodiscard]] std::string check_both_modes(const Stage& stage);
// From one static member to three and back to one, by SIGTERM, under load all the time.
[[nodiscard]] std::string check_scaling(const Stage& stage);
// SIGKILL with hundreds in flight.
[[nodiscard]] std::string check_crash(const Stage& stage);
// Killed while one answer is missing and everything behind it is finished: the offset map in the commit.
[[nodiscard]] std::string check_offset_map(const Stage& stage);
// Two processes with one group.instance.id.
[[nodiscard]] std::string check_fenced(const Stage& stage);
// Static members that are restarted, and replaced by another process, do not disturb the others.
[[nodiscard]] std::string check_static_members(const Stage& stage);
// Source topics that do not exist, or not yet.
[[nodiscard]] std::string check_unknown_topic(const Stage& stage);

// Workers killed, stopped and paused under load, as a seed says; --kills and --seed.
[[nodiscard]] std::string check_kill(const Stage& stage);

// All brokers die and come back, killed and in good order; they take less commit metadata than offset maps
// want.
[[nodiscard]] std::string check_broker(const Stage& stage);
// All brokers are away for longer than the session of a static member.
[[nodiscard]] std::string check_session(const Stage& stage);
// One of three brokers dies, then another one: the leader of source partitions, the group's coordinator, and
// at last too many at once.
[[nodiscard]] std::string check_leader(const Stage& stage);
// A topic gains partitions, and their first records are there before the worker knows.
[[nodiscard]] std::string check_topic_grows(const Stage& stage);
// A topic is deleted and made again while a worker reads it.
[[nodiscard]] std::string check_topic_recreated(const Stage& stage);
// Retention deletes records that nobody has read.
[[nodiscard]] std::string check_retention(const Stage& stage);
// Records as large as the topic takes.
[[nodiscard]] std::string check_large(const Stage& stage);
// TLS, a password, and one right missing at a time.
[[nodiscard]] std::string check_rights(const Stage& stage);
// Read on a source topic is taken away from a worker that reads it, and given back.
[[nodiscard]] std::string check_withdrawn(const Stage& stage);
// `doctor` beside a worker: all well, and one thing wrong after the other; it writes and commits nothing.
[[nodiscard]] std::string check_doctor(const Stage& stage);

// What is owed in dead letters, as three workers export it: exact, through kills, replays that fail, are held
// and succeed, discards and retention.
[[nodiscard]] std::string check_ledger(const Stage& stage);

// Thousands of dead letters are replayed under live load, while the tool and a worker are killed.
[[nodiscard]] std::string check_replay(const Stage& stage);
// A second operator is told who is at it.
[[nodiscard]] std::string check_replay_held(const Stage& stage);

struct Check {
    std::string_view name;
    std::string (*run)(const Stage& stage);
};
inline constexpr std::array checks{
    Check{"both-modes", check_both_modes},
    Check{"scaling", check_scaling},
    Check{"crash", check_crash},
    Check{"offset-map", check_offset_map},
    Check{"fenced", check_fenced},
    Check{"unknown-topic", check_unknown_topic},
    Check{"large", check_large},
    Check{"static", check_static_members},
    Check{"topic-grows", check_topic_grows},
    Check{"recreated", check_topic_recreated},
    Check{"retention", check_retention},
    Check{"broker", check_broker},
    Check{"session", check_session},
    Check{"leader", check_leader},
    Check{"rights", check_rights},
    Check{"withdrawn", check_withdrawn},
    Check{"doctor", check_doctor},
    Check{"ledger", check_ledger},
    Check{"replay", check_replay},
    Check{"replay-held", check_replay_held},
    Check{"kill", check_kill},
};

}  // namespace lane
