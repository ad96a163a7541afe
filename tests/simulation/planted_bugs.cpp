// planted_bugs [NAME...]     plants each defect of worker/core/planted.hpp, or those named, and runs seeds
// until
//                            the referee names a broken promise
//
// Prints a table: the defect, the seed that showed it, the promise that was broken and what was seen. Fails
// when a defect survives `seeds_max` seeds: then the world is too kind or the referee too trusting.
//
// Each defect has a process of its own, since some end in an impossible state, which aborts, or never end.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/two_apis.hpp"
#include "tests/simulation/world.hpp"
#include "worker/core/planted.hpp"

namespace {

using core::Bug;

constexpr std::uint64_t seeds_max = 500;
constexpr std::uint64_t healthy_seeds = 100;
constexpr unsigned patience_s = 120;  // of real time; a run takes milliseconds

struct Row {
    Bug bug;
    std::string_view name;
    bool of_the_second_api = false;  // hunted in the world of two APIs
};
#define ROW(name)        \
    Row {                \
        Bug::name, #name \
    }
#define IDENTITY_ROW(name)     \
    Row {                      \
        Bug::name, #name, true \
    }
constexpr std::array rows{
    ROW(commit_one_too_far),
    ROW(map_claims_one_too_many),
    ROW(map_cut_too_short),
    ROW(map_read_one_too_far),
    ROW(map_on_the_wrong_base),
    ROW(map_version_ignored),
    ROW(letter_without_key),
    ROW(letter_names_the_wrong_command),
    ROW(letter_believed_too_early),
    ROW(receipt_believed_too_early),
    ROW(receipt_without_letter),
    ROW(receipt_lost),
    ROW(receipt_says_executed),
    ROW(value_as_fingerprint),
    ROW(refused_store_forgotten),
    ROW(finished_and_not_committed),
    ROW(refused_commit_forgotten),
    ROW(position_accepted_twice),
    ROW(invalid_swallowed),
    ROW(commands_reversed),
    ROW(epoch_forgotten),
    ROW(lost_taken_for_revoked),
    ROW(lanes_lost_on_revoke),
    ROW(drain_forgets_a_retry),
    ROW(leaves_without_commit),
    ROW(drain_without_end),
    ROW(wait_kept_in_the_command_only),
    ROW(wait_ends_with_the_gate),
    ROW(gate_never_reopened),
    ROW(old_terms_believed),
    ROW(breaker_never_closes),
    ROW(canary_never_ends),
    ROW(canary_counted_as_command),
    ROW(order_broken_on_retry),
    ROW(lane_stays_busy),
    ROW(in_flight_limit_ignored),
    ROW(capacity_ignored),
    ROW(token_bucket_ignored),
    ROW(pause_never_asked),
    ROW(pause_never_resumed),
    ROW(head_given_up_unproved),
    ROW(lost_update_not_found),
    ROW(credential_dead_letters),
    ROW(seconds_read_as_milliseconds),
    ROW(milliseconds_read_as_seconds),
    ROW(outage_exhausts),
    ROW(exhausted_too_early),
    ROW(rejections_never_suspicious),
    ROW(account_never_suspicious),
    ROW(doubts_forgotten),
    ROW(rejections_not_rationed),
    ROW(withheld_for_ever),
    ROW(rejections_held_for_ever),
    ROW(poison_tried_for_ever),
    ROW(bytes_never_given_back),
    ROW(youngest_shown_as_oldest),
    ROW(letters_not_shown_as_open),
    ROW(standstill_of_the_whole_worker),
    ROW(letter_settled_before_acknowledged),
    ROW(refused_replay_settled),
    ROW(neighbour_settled),
    ROW(settled_letters_forgotten),
    ROW(replay_runs_everything),
    ROW(replay_runs_too_little),
    ROW(replay_to_another_partition),
    ROW(replay_count_not_raised),
    ROW(replay_bound_ignored),
    ROW(ancestor_lost),
    ROW(discard_names_the_wrong_command),
    ROW(ledger_closes_when_sent),
    ROW(ledger_forgets_what_is_on_its_way),
    IDENTITY_ROW(invalid_client_dead_letters),
    IDENTITY_ROW(second_api_eats_all_flights),
    IDENTITY_ROW(session_asked_twice_a_day),
    IDENTITY_ROW(key_set_never_fetched),
    IDENTITY_ROW(key_unknown_before_the_fetch),
    IDENTITY_ROW(forged_notification_believed),
    IDENTITY_ROW(sessions_block_tokens),
};
#undef ROW
#undef IDENTITY_ROW

struct Found {
    std::uint64_t seed = 0;  // the last one that was begun
    std::string promise{};   // empty: none was broken
    std::string seen{};
};

// The child: writes a line a seed, and one for what it found.
[[noreturn]] void hunt(const Row& row, int out, std::uint64_t seeds) {
    const auto say = [out](const std::string& line) {
        if (write(out, line.data(), line.size()) < 0) {
            _exit(1);
        }
    };
    core::the_planted_bug = row.bug;
    static_cast<void>(!std::freopen("/dev/null", "w", stderr));  // of an impossible state
    alarm(patience_s);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        say(fmt::format("{}\n", seed));
        if (row.of_the_second_api) {
            if (const two_apis::Report report = two_apis::run_seed(seed); report.broken) {
                say(fmt::format(
                    "{}\t{}\n", two_apis::promise_name(report.broken->promise), report.broken->seen));
                break;
            }
            continue;
        }
        if (const simulation::Report report = simulation::run_seed(seed); report.broken) {
            say(fmt::format("{}\t{}\n", sim::promise_name(report.broken->promise), report.broken->seen));
            break;
        }
    }
    _exit(0);
}

Found parse(const std::string& text, int status) {
    Found found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        if (const std::size_t tab = line.find('\t'); tab != std::string::npos) {
            found.promise = line.substr(0, tab);
            found.seen = line.substr(tab + 1);
        } else {
            found.seed = std::stoull(line);
        }
    }
    if (WIFSIGNALED(status)) {
        const bool endless = WTERMSIG(status) == SIGALRM;
        found.promise = endless ? "converges" : "no impossible state";
        found.seen = endless ? "a step never ended" : fmt::format("signal {}", WTERMSIG(status));
    }
    return found;
}

Found hunt_in_a_child(const Row& row, std::uint64_t seeds) {
    std::array<int, 2> ends{};
    std::fflush(stdout);
    if (pipe(ends.data()) != 0) {
        return {};
    }
    const pid_t child = fork();
    if (child == 0) {
        static_cast<void>(prctl(PR_SET_PDEATHSIG, SIGKILL));  // nobody is left to read what it finds
        close(ends[0]);
        hunt(row, ends[1], seeds);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 0; (got = read(ends[0], chunk.data(), chunk.size())) > 0;) {
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return parse(text, status);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> wanted(argv + 1, argv + argc);
    std::size_t missed = 0;
    fmt::print("{:<32} {:>5}  {:<26} {}\n", "planted", "seeds", "broken promise", "seen");
    for (const Row& row : rows) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), row.name) == wanted.end()) {
            continue;
        }
        const Found found = hunt_in_a_child(row, seeds_max);
        missed += found.promise.empty() ? 1 : 0;
        fmt::print(
            "{:<32} {:>5}  {:<26} {}\n", row.name, found.seed, found.promise.empty() ? "NONE" : found.promise,
            found.seen);
    }
    // The copy that carries the defects is sound while none is planted.
    const Found healthy = hunt_in_a_child({Bug::none, "none"}, healthy_seeds);
    const bool sound = healthy.promise.empty() && healthy.seed == healthy_seeds;
    fmt::print(
        "{:<32} {:>5}  {:<26} {}\n{} of {} survived\n", "none", healthy.seed, healthy.promise, healthy.seen,
        missed, rows.size());
    return missed == 0 && sound ? 0 : 1;
}
