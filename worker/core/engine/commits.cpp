// What is safe to commit, with the map of what is finished above it. One commit is under way at a time.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// After a refused commit: long enough not to hammer a coordinator that moves, short against any session
// timeout.
constexpr common::Duration after_refusal = std::chrono::seconds{1};
constexpr common::Duration after_refusal_while_leaving = std::chrono::milliseconds{200};

}  // namespace

void Engine::Impl::commit_later(Partition& partition) {
    partition.dirty = true;
    if (!partition.commit_owed) {
        partition.commit_owed = std::max(now_.steady, next_commit_);
    }
}

void Engine::Impl::commit_if_due(bool at_once) {
    if (!commit_under_way_.empty() || partitions_.empty()) {
        return;
    }
    const bool due = now_.steady >= next_commit_;
    if (!due && (refused_last_ || (!at_once && completions_ < settings_.commit_completions))) {
        return;
    }
    std::vector<PartitionCommit> commits;
    for (auto& [epoch, partition] : partitions_) {
        if (!partition.dirty) {
            continue;
        }
        partition.dirty = false;
        const Offset offset = partition.tracker.committable() + (planted(Bug::commit_one_too_far) ? 1 : 0);
        // A broker may allow less metadata (offset.metadata.max.bytes) than Kafka's default: rather no map
        // than no commit.
        EncodedMap map = map_refused_ ? EncodedMap{.text = {}, .cut = true}
                                      : encode_offset_map(offset, partition.tracker.finished_above());
        stats_.counters.offset_maps_cut += map.cut ? 1 : 0;
        partition.map_chars = map.text.size();
        commit_under_way_.push_back({epoch, offset, {}});
        commits.push_back({epoch, offset, std::move(map.text)});
    }
    if (commits.empty()) {
        return;
    }
    completions_ = 0;
    commit_sent_ = now_.steady;
    next_commit_ = now_.steady + settings_.commit_interval;
    effects_->emplace_back(Commit{std::move(commits)});
}

void Engine::Impl::on(CommitEnded& ended) {
    ++(ended.ok ? stats_.counters.commits : stats_.counters.commit_failures);
    if (ended.ok) {
        moved_ = now_.steady;
    } else {
        last_commit_error_ = ended.error;
    }
    refused_last_ = false;
    for (const PartitionCommit& commit : commit_under_way_) {
        Partition* const committed = partition(commit.epoch);
        if (committed == nullptr) {
            continue;
        }
        if (ended.ok) {
            committed->committed = std::max(committed->committed, commit.offset);
            committed->commits_refused = 0;
            acknowledged(committed->commit_owed.value_or(now_.steady));
            committed->commit_owed.reset();
            if (committed->dirty) {
                commit_later(*committed);
            }
        } else {
            committed->dirty = !planted(Bug::refused_commit_forgotten);
            ++committed->commits_refused;
            refused_last_ = true;
            next_commit_ = now_.steady + (committed->leaving ? after_refusal_while_leaving : after_refusal);
        }
    }
    if (const auto times = ended.ok ? std::nullopt : commit_refused_said_.due(now_.steady)) {
        say(Severity::warning, "commit_refused",
            "offsets were not committed; it is tried again, and until then a restart repeats more",
            {{"error", ended.error}, {"times", fmt::to_string(*times)}});
    }
    map_refused_ = map_refused_ || ended.error.find("OFFSET_METADATA_TOO_LARGE") != std::string::npos;
    commit_under_way_.clear();
}

}  // namespace core
