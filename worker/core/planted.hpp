// Deliberate defects, one line each, that prove the simulation's promises: tests/simulation/planted_bugs.cpp
// plants one after the other and fails when one is not found.
//
//   const Offset offset = tracker.committable() + (planted(Bug::commit_one_too_far) ? 1 : 0);
//
// Only the test's own copy of the sources is compiled with AUTOSIGNIN_PLANTED_BUGS. Everywhere else planted()
// is a constant of the compiler, false, and leaves neither code nor symbol; tests/architecture looks.
#pragma once

#include <cstdint>

namespace core {

enum class Bug : std::uint8_t {
    none,
    // settle
    commit_one_too_far,
    map_claims_one_too_many,
    map_cut_too_short,
    map_read_one_too_far,
    map_on_the_wrong_base,
    map_version_ignored,
    letter_without_key,
    letter_names_the_wrong_command,
    letter_believed_too_early,
    receipt_believed_too_early,
    receipt_without_letter,
    receipt_lost,
    receipt_says_executed,
    value_as_fingerprint,
    refused_store_forgotten,
    finished_and_not_committed,
    refused_commit_forgotten,
    // intake and leaving
    position_accepted_twice,
    invalid_swallowed,
    commands_reversed,
    epoch_forgotten,
    lost_taken_for_revoked,
    lanes_lost_on_revoke,
    drain_forgets_a_retry,
    leaves_without_commit,
    drain_without_end,
    // schedule
    wait_kept_in_the_command_only,
    wait_ends_with_the_gate,
    gate_never_reopened,
    old_terms_believed,
    breaker_never_closes,
    canary_never_ends,
    canary_counted_as_command,
    order_broken_on_retry,
    lane_stays_busy,
    in_flight_limit_ignored,
    capacity_ignored,
    token_bucket_ignored,
    pause_never_asked,
    pause_never_resumed,
    head_given_up_unproved,
    // outcome
    lost_update_not_found,
    credential_dead_letters,
    seconds_read_as_milliseconds,
    milliseconds_read_as_seconds,
    outage_exhausts,
    exhausted_too_early,
    rejections_never_suspicious,
    account_never_suspicious,
    doubts_forgotten,
    rejections_not_rationed,
    withheld_for_ever,
    rejections_held_for_ever,
    poison_tried_for_ever,
    invalid_client_dead_letters,
    // the second API
    second_api_eats_all_flights,
    session_asked_twice_a_day,
    key_set_never_fetched,
    key_unknown_before_the_fetch,
    forged_notification_believed,
    sessions_block_tokens,
    // gauges
    bytes_never_given_back,
    youngest_shown_as_oldest,
    letters_not_shown_as_open,
    standstill_of_the_whole_worker,
    // letters
    letter_settled_before_acknowledged,
    refused_replay_settled,
    neighbour_settled,
    settled_letters_forgotten,
    replay_runs_everything,
    replay_runs_too_little,
    replay_to_another_partition,
    replay_count_not_raised,
    replay_bound_ignored,
    ancestor_lost,
    discard_names_the_wrong_command,
    ledger_closes_when_sent,
    ledger_forgets_what_is_on_its_way,
};

#ifdef AUTOSIGNIN_PLANTED_BUGS
inline Bug the_planted_bug = Bug::none;
[[nodiscard]] inline bool planted(Bug bug) noexcept {
    return bug == the_planted_bug;
}
#else
[[nodiscard]] consteval bool planted(Bug) noexcept {
    return false;
}
#endif

}  // namespace core
