// Partitions that leave: revoked, lost, or drained. Nothing new is sent for them, flights and stores end
// within a bound, what is finished is committed, then they are let go. Whatever was not finished is repeated
// by the next owner.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

// More refusals in a row than this while leaving, one each 200 ms: the generation is over, nothing will be
// committed any more. The group waits for partitions that were asked back; nobody waits for a worker that
// stops.
constexpr int refusals_while_revoked = 10;
constexpr int refusals_while_draining = 50;

}  // namespace

void Engine::Impl::on(Revoked& revoked) {
    ++stats_.counters.rebalances;
    std::vector<Epoch> known;
    std::vector<Epoch> unknown;
    for (const Epoch epoch : revoked.epochs) {
        (partition(epoch) != nullptr ? known : unknown).push_back(epoch);
    }
    if (!unknown.empty()) {
        effects_->emplace_back(Release{unknown});
    }
    if (known.empty()) {
        return;
    }
    if (revoked.lost && !planted(Bug::lost_taken_for_revoked)) {
        say(Severity::warning, "partitions_lost",
            "the group gave the partitions away without asking, as after a session timeout; what was under "
            "way is "
            "repeated by their next owner",
            {{"partitions", fmt::to_string(known.size())}});
        release(known);
        return;
    }
    // Those that leave already are let go by the group they leave with.
    std::erase_if(known, [this](Epoch epoch) { return partition(epoch)->leaving; });
    leave(std::move(known), now_.steady + settings_.drain_timeout);
}

void Engine::Impl::on(DrainRequested&) {
    if (draining_) {
        return;
    }
    draining_ = true;
    say(Severity::info, "draining",
        "no new work is taken; flights end, offsets are committed, then the worker leaves");
    std::vector<Epoch> rest;
    for (const auto& [epoch, partition] : partitions_) {
        if (!partition.leaving) {
            rest.push_back(epoch);
        }
    }
    leave(std::move(rest), now_.steady + settings_.drain_timeout);
}

void Engine::Impl::leave(std::vector<Epoch> epochs, common::Instant deadline) {
    if (epochs.empty()) {
        return;
    }
    for (const Epoch epoch : epochs) {
        Partition& leaving = *partition(epoch);
        leaving.leaving = true;
        leaving.commits_refused = 0;
        if (!leaving.paused) {
            leaving.paused = true;
            effects_->emplace_back(Pause{epoch});
        }
    }
    next_commit_ =
        std::min(next_commit_, now_.steady + settings_.commit_interval);  // no wait after a refusal
    drop_idle(epochs);
    leaving_.push_back({std::move(epochs), deadline});
}

// Forgets what is neither in flight nor settling.
void Engine::Impl::drop_idle(const std::vector<Epoch>& epochs) {
    const auto idle = [&](const Obligation& obligation) {
        return obligation.stage == Obligation::Stage::queued && !obligation.in_flight &&
               std::find(epochs.begin(), epochs.end(), obligation.record.epoch) != epochs.end();
    };
    lanes_.remove_if(
        [&](ObligationKey key) { return idle(obligations_.at(key)) || planted(Bug::lanes_lost_on_revoke); });
    obligations_.for_each([&](ObligationKey key, const Obligation& obligation) {
        if (idle(obligation)) {
            forget(key);
        }
    });
}

void Engine::Impl::let_go() {
    for (std::size_t i = 0; i < leaving_.size();) {
        const Leaving& group = leaving_[i];
        const bool late = now_.steady >= group.deadline && !planted(Bug::drain_without_end);
        bool busy = false;
        bool uncommitted = false;  // and worth another try
        bool unsaved = false;
        for (const Epoch epoch : group.epochs) {
            if (const Partition* const leaving = partition(epoch)) {
                busy = busy || leaving->busy > 0;
                uncommitted =
                    uncommitted ||
                    (leaving->dirty && leaving->commits_refused <=
                                           (draining_ ? refusals_while_draining : refusals_while_revoked));
                unsaved = unsaved || leaving->dirty;
            }
        }
        const bool committing = std::any_of(
            commit_under_way_.begin(), commit_under_way_.end(), [&](const PartitionCommit& commit) {
                return std::find(group.epochs.begin(), group.epochs.end(), commit.epoch) !=
                       group.epochs.end();
            });
        if (busy && !late) {
            ++i;
            continue;
        }
        if ((uncommitted || committing) && !planted(Bug::leaves_without_commit)) {
            commit_if_due(true);
            if (!late) {
                ++i;
                continue;
            }
        }
        drained_in_time_ = drained_in_time_ && !(draining_ && (busy || unsaved || committing));
        const std::vector<Epoch> epochs = group.epochs;
        leaving_.erase(leaving_.begin() + static_cast<std::ptrdiff_t>(i));
        release(epochs);
    }
    if (draining_ && !finished_ && partitions_.empty()) {
        finished_ = true;
        effects_->emplace_back(Finish{drained_in_time_});
    }
}

// A commit that was refused because its ownership was over says nothing about those that follow.
void Engine::Impl::forget_refusals() {
    const bool waits = std::any_of(partitions_.begin(), partitions_.end(), [](const auto& entry) {
        return entry.second.commits_refused > 0;
    });
    if (refused_last_ && !waits) {
        refused_last_ = false;
        next_commit_ = std::min(next_commit_, now_.steady + settings_.commit_interval);
    }
}

void Engine::Impl::release(const std::vector<Epoch>& epochs) {
    const auto gone = [&](const Obligation& obligation) {
        return std::find(epochs.begin(), epochs.end(), obligation.record.epoch) != epochs.end();
    };
    lanes_.remove_if([&](ObligationKey key) {
        const Obligation* const obligation = obligations_.find(key);
        return obligation != nullptr && gone(*obligation);
    });
    obligations_.for_each([&](ObligationKey key, const Obligation& obligation) {
        if (gone(obligation)) {
            forget(key);
        }
    });
    for (const Epoch epoch : epochs) {
        partitions_.erase(planted(Bug::epoch_forgotten) ? Epoch{} : epoch);
        for (Leaving& group : leaving_) {
            std::erase(group.epochs, epoch);
        }
    }
    forget_refusals();
    effects_->emplace_back(Release{epochs});
}

}  // namespace core
