// Frontier watch: there is work, nothing that holds it on purpose explains why it rests, and still nothing
// moves. Then something is broken that no retry mends, here or at the broker, and people must be told.
//
// What waits at Apple is judged for the worker as a whole: lanes of all partitions share gates, limits and
// one order by deadline, so that a partition may rest for hours in a queue that moves. What Kafka owes is
// judged for each partition, however busy the others are: a commit that is due, and a dead letter or receipt
// from the moment it was first handed over, since both end within seconds where nothing is wrong.
#include <algorithm>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

constexpr std::size_t partitions_shown_max = 20;

std::string gate_text(const GateStatus& gate) {
    return gate.state == GateState::open
               ? fmt::format("{}: open", gate.credential)
               : fmt::format(
                     "{}: {} ({})", gate.credential, state_name(gate.state), reason_name(gate.reason));
}

std::string partition_text(const PartitionStatus& one) {
    return fmt::format(
        "{}/{}: committed {}, committable {}, unsettled {}{}{}", one.partition.topic, one.partition.partition,
        one.committed.value, one.committable.value, one.unsettled, one.paused ? ", paused" : "",
        one.revoking ? ", leaving" : "");
}

template <class Items, class Text>
std::string listed(const Items& items, Text text) {
    std::string all;
    for (std::size_t at = 0; at < std::min<std::size_t>(items.size(), partitions_shown_max); ++at) {
        all += fmt::format("{}{}", at == 0 ? "" : "; ", text(items[at]));
    }
    if (items.size() > partitions_shown_max) {
        all += fmt::format("; and {} more", items.size() - partitions_shown_max);
    }
    return all;
}

}  // namespace

// Whether the channel's ready lanes wait on purpose: something is closed, and a probe of it is on its way or
// has a time. What is closed without either would stay closed for ever.
bool Engine::Impl::held_on_purpose(const Channel& channel) const {
    const Gate& gate = credentials_[channel.credential.value].gate;
    const auto to_come = [this](common::Instant at) { return at != common::never && at > now_.steady; };
    common::TokenBucket bucket = credentials_[channel.credential.value].bucket;
    if (to_come(bucket.ready_at(now_.steady))) {
        return true;  // our own limit lets the next one go then
    }
    return held(channel) &&
           (endpoints_[settings_.credentials[channel.credential.value].endpoint.value].in_flight > 0 ||
            to_come(gate.next_try()) || to_come(channel.acceptance.next_try()) ||
            to_come(channel.breaker.next_try()));
}

// Waits of a lane and closed gates or breakers are waits on purpose: they end by themselves, and have gauges
// and alerts of their own. What Kafka shall acknowledge is always expected soon.
bool Engine::Impl::something_should_move() const {
    if (draining_) {
        return false;  // drain_timeout is the bound there
    }
    const bool stores = stores_in_flight_ > 0 || !stores_queued_.empty() || !stores_to_repeat_.empty();
    if (stores || !commit_under_way_.empty()) {
        return true;
    }
    for (const auto& [epoch, partition] : partitions_) {
        if (partition.dirty) {
            return true;
        }
    }
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        const Channel& channel = channels_[i];
        if ((channel.in_flight > 0 || lanes_.ready(ChannelId{i}) > 0) && !held_on_purpose(channel)) {
            return true;
        }
    }
    return false;
}

void Engine::Impl::begin_watch() {
    // Between two steps nothing changes, so what was true at the end of the last one was true until now. A
    // process that was stopped for a while has missed its own wake-ups: it is not its work that stood still.
    const bool was_stopped = now_.steady - watched_ > settings_.standstill_after / 2;
    if (!should_move_ || was_stopped) {
        moved_ = now_.steady;
    }
    if (was_stopped) {
        owed_from_ = now_.steady;
    }
    watched_ = now_.steady;
}

// What was owed for long and is acknowledged shows that Kafka comes back, after an outage say: everybody else
// who waits gets the whole time anew.
void Engine::Impl::acknowledged(common::Instant owed_since) {
    const bool comes_back = now_.steady - owed_since >= settings_.standstill_after / 2;
    if (comes_back || planted(Bug::standstill_of_the_whole_worker)) {
        owed_from_ = now_.steady;
    }
}

// Partitions that leave have a bound of their own. What is queued waits for the stores in flight, which are
// judged. Costs O(stores).
Engine::Impl::OwedByKafka Engine::Impl::longest_owed() const {
    OwedByKafka longest;
    const auto consider = [this](Owed& of, Epoch epoch, common::Instant since) {
        since = std::max(since, owed_from_);
        if (since < of.since) {
            of = {epoch, since};
        }
    };
    for (const auto& [epoch, partition] : partitions_) {
        if (!partition.commit_owed || partition.leaving) {
            continue;
        }
        consider(longest.acknowledgement, epoch, *partition.commit_owed);
        if (!commit_under_way_.empty()) {
            consider(longest.answer, epoch, std::max(commit_sent_, *partition.commit_owed));
        }
    }
    stores_.for_each([&](const StoreWork& work) {
        const Obligation* const obligation = obligations_.find(work.obligation);
        if (!work.owed || work.queued || obligation == nullptr ||
            partitions_.at(obligation->record.epoch).leaving) {
            return;
        }
        consider(longest.acknowledgement, obligation->record.epoch, *work.owed);
        if (work.sent) {
            consider(longest.answer, obligation->record.epoch, *work.sent);
        }
    });
    return longest;
}

void Engine::Impl::watch_for_standstill() {
    should_move_ = something_should_move();
    const bool worker_rests = should_move_ && now_.steady - moved_ >= settings_.standstill_after;
    // A look at every store: now and then while the worker is busy.
    if (!worker_rests && now_.steady < next_look_) {
        return;
    }
    next_look_ = now_.steady + settings_.standstill_after / 8;
    const std::optional<Standstill> found = standstill(now_);
    if (!found) {
        standstill_said_ = false;
        return;
    }
    if (std::exchange(standstill_said_, true)) {
        return;
    }
    ++stats_.counters.standstills;
    const Status shown = status(now_);
    say(Severity::error, "standstill",
        fmt::format(
            "there is work, no gate or breaker holds it, and {} for {:.0f} s; look at the errors before this "
            "line and at what is outstanding: a broker that does not acknowledge, or an API that does not "
            "answer",
            worker_rests     ? "nothing has moved"
            : found->refused ? "Kafka has refused what it owes a partition"
                             : "Kafka has not answered about a partition",
            common::seconds(found->lasts)),
        {{"partition", found->partition ? place_of(*found->partition) : ""},
         {"in_flight", fmt::to_string(shown.in_flight)},
         {"lanes_ready", fmt::to_string(shown.lanes_ready)},
         {"lanes_waiting", fmt::to_string(shown.lanes_waiting)},
         {"records_buffered", fmt::to_string(shown.records_buffered)},
         {"stores_in_flight", fmt::to_string(shown.stores_in_flight)},
         {"stores_to_repeat", fmt::to_string(stores_to_repeat_.size())},
         {"commit_under_way", commit_under_way_.empty() ? "false" : "true"},
         {"last_store_error", last_store_error_},
         {"last_commit_error", last_commit_error_},
         {"gates", listed(shown.gates, gate_text)},
         {"partitions", listed(shown.partitions, partition_text)}});
}

// Often enough while work is watched that a stopped process can be told from work that stands still.
common::Instant Engine::Impl::next_watch() const {
    return should_move_ ? now_.steady + settings_.standstill_after / 4 : common::never;
}

std::optional<Standstill> Engine::Impl::standstill(common::Now now) const {
    if (!should_move_) {
        return std::nullopt;  // nothing is owed either, or drain_timeout is the bound
    }
    const auto [acknowledgement, answer] = longest_owed();
    const auto stands = [&](common::Instant since) {
        return since != common::never && now.steady - since >= settings_.standstill_after;
    };
    const auto of = [&](const Owed& owed, common::Instant since, bool refused) {
        return Standstill{
            now.steady - since,
            owed.since == common::never ? std::nullopt : std::optional{partitions_.at(owed.epoch).name},
            refused};
    };
    if (stands(moved_)) {
        return of(acknowledgement, moved_, false);
    }
    if (stands(answer.since)) {
        return of(answer, answer.since, false);
    }
    return stands(acknowledgement.since) ? std::optional{of(acknowledgement, acknowledgement.since, true)}
                                         : std::nullopt;
}

}  // namespace core
