#include "worker/sim/referee/promise.hpp"

namespace sim {

std::string_view promise_name(Promise promise) noexcept {
    switch (promise) {
        case Promise::no_loss:
            return "no_loss";
        case Promise::order_per_account:
            return "order_per_account";
        case Promise::retry_after_kept:
            return "retry_after_kept";
        case Promise::gate_holds:
            return "gate_holds";
        case Promise::rate_kept:
            return "rate_kept";
        case Promise::only_records_die:
            return "only_records_die";
        case Promise::attempts_spent:
            return "attempts_spent";
        case Promise::letter_is_whole:
            return "letter_is_whole";
        case Promise::commit_behind_unfinished:
            return "commit_behind_unfinished";
        case Promise::commit_never_back:
            return "commit_never_back";
        case Promise::commit_own_epoch:
            return "commit_own_epoch";
        case Promise::commit_own_work:
            return "commit_own_work";
        case Promise::map_is_true:
            return "map_is_true";
        case Promise::receipts_first:
            return "receipts_first";
        case Promise::one_visible_state:
            return "one_visible_state";
        case Promise::few_repeats:
            return "few_repeats";
        case Promise::gauges_true:
            return "gauges_true";
        case Promise::standstill_true:
            return "standstill_true";
        case Promise::oldest_not_younger:
            return "oldest_not_younger";
        case Promise::converges:
            return "converges";
        case Promise::bounded:
            return "bounded";
        case Promise::drains:
            return "drains";
        case Promise::no_spinning:
            return "no_spinning";
        case Promise::secrets_stay_inside:
            return "secrets_stay_inside";
        case Promise::ancestor_known:
            return "ancestor_known";
        case Promise::replay_goes_home:
            return "replay_goes_home";
        case Promise::only_owed_runs:
            return "only_owed_runs";
        case Promise::replayed_once:
            return "replayed_once";
        case Promise::replays_bounded:
            return "replays_bounded";
        case Promise::settled_when_stored:
            return "settled_when_stored";
        case Promise::owed_until_done:
            return "owed_until_done";
        case Promise::repeatable:
            return "repeatable";
    }
    return "?";
}

}  // namespace sim
