// Rare situations of a world, by name. One that thousands of seeds never reach is not tested, whatever the
// summary says: a long run fails when one stays cold (tests/simulation/probes.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sim {

enum class Probe : std::uint8_t {
    update_found_nothing_after_loss,
    refusal_of_an_earlier_term,
    success_of_an_earlier_term,
    answer_for_a_released_record,
    pause_asked_for_a_released_record,
    executed_after_its_deadline,
    record_twice_in_one_ownership,
    record_after_its_revocation,
    two_believe_in_one_partition,
    partition_comes_back,
    commit_fenced,
    map_refused,
    crash_with_a_commit_under_way,
    crash_between_letter_and_receipt,
    letter_stored_twice,
    letter_stored_after_its_timeout,
    static_member_in_time,
    static_member_late,
    slept_through_its_session,
    slept_within_its_session,
    partition_paused,
    key_rotated,
    drain_late,
    map_of_another_version,
    rejected_by_mistake,
    rejections_held,
    canary_rejected,
    replay_failed_again,
    replay_behind_newer_event,
    replayed_twice,
    letter_taken_again,
    operator_killed,
    operator_replaced,
    operator_told_who_holds_it,
    replay_refused_as_too_often,
    letter_without_value_refused,
    letter_discarded,
    replayed_update_found_nothing,
};

inline constexpr std::array probe_names{
    std::string_view{"404 after a lost update"},
    std::string_view{"a refusal told of a time before the gate last opened"},
    std::string_view{"a success told of a time before the gate closed"},
    std::string_view{"an answer came for a record that was released"},
    std::string_view{"a 429 came for a record that was released"},
    std::string_view{"a request was executed after its sender had given up"},
    std::string_view{"a record came twice to one ownership"},
    std::string_view{"a partition was taken away with its records fetched"},
    std::string_view{"two workers believed in one partition"},
    std::string_view{"a partition came back to a worker that still had its records in flight"},
    std::string_view{"a commit was fenced"},
    std::string_view{"a commit was refused for the length of its map"},
    std::string_view{"a worker died with a commit under way"},
    std::string_view{"a worker died between a dead letter and its receipts"},
    std::string_view{"a dead letter was stored twice"},
    std::string_view{"a record was stored after its producer had given up"},
    std::string_view{"a static member came back in time"},
    std::string_view{"a static member came back late"},
    std::string_view{"a worker slept through its session"},
    std::string_view{"a worker slept and kept its session"},
    std::string_view{"a partition was paused"},
    std::string_view{"a key was rotated with the old one still good"},
    std::string_view{"a drain ended late"},
    std::string_view{"an offset map of another version was found"},
    std::string_view{"a command was dead-lettered that Apple rejected by mistake"},
    std::string_view{"rejections in a row were held until a canary was well"},
    std::string_view{"a canary was rejected"},
    std::string_view{"a replay was dead-lettered again"},
    std::string_view{"a replay queued behind a newer event of its account"},
    std::string_view{"a dead letter was replayed twice"},
    std::string_view{"a dead letter was taken up again by another run"},
    std::string_view{"a replay was killed half-way"},
    std::string_view{"an operator slept and was replaced"},
    std::string_view{"a second operator was told that another one is at work"},
    std::string_view{"a dead letter had been replayed too often"},
    std::string_view{"a dead letter without its value could not be replayed"},
    std::string_view{"a dead letter was discarded"},
    std::string_view{"a replayed update found nothing"},
};
static_assert(probe_names.size() == static_cast<std::size_t>(Probe::replayed_update_found_nothing) + 1);

using ProbeCounts = std::array<std::uint64_t, probe_names.size()>;

}  // namespace sim
