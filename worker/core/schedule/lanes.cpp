#include "worker/core/schedule/lanes.hpp"

#include <algorithm>
#include "worker/core/planted.hpp"

namespace core {

namespace {

// How far a lane looks ahead for its deadline: far enough for people, bounded for a hot account.
constexpr std::size_t look_ahead = 16;

}  // namespace

void Lanes::push(const std::string& account, Entry entry) {
    const auto [found, fresh] = by_account_.try_emplace(account);
    if (fresh) {
        found->second = lanes_.insert(Lane{.account = &found->first, .queue = {}, .channel = entry.channel});
        Lane& lane = lanes_.at(found->second);
        lane.queue.push_back(entry);
        become_ready(found->second, lane);
        return;
    }
    Lane& lane = lanes_.at(found->second);
    lane.queue.push_back(entry);
    if (lane.state == State::ready && entry.deadline < lane.deadline) {
        leave_ready(found->second, lane);
        become_ready(found->second, lane);
    }
}

std::optional<common::WallTime> Lanes::most_urgent(ChannelId channel) const {
    const auto& ready = ready_[channel.value];
    if (ready.empty()) {
        return std::nullopt;
    }
    return std::get<common::WallTime>(*ready.begin());
}

Lanes::Turn Lanes::take(ChannelId channel) {
    INVARIANT(!ready_[channel.value].empty(), "a turn was taken where none was ready");
    const LaneKey key = std::get<LaneKey>(*ready_[channel.value].begin());
    Lane& lane = lanes_.at(key);
    leave_ready(key, lane);
    lane.state = State::in_flight;
    return {key, lane.queue[lane.front].record};
}

void Lanes::again(LaneKey key, ChannelId channel) {
    Lane& lane = lanes_.at(key);
    INVARIANT(lane.state == State::in_flight, "only a lane in flight can go again");
    lane.queue[lane.front].channel = channel;
    become_ready(key, lane);
}

void Lanes::retry_at(LaneKey key, common::Instant due) {
    Lane& lane = lanes_.at(key);
    INVARIANT(lane.state == State::in_flight, "only a lane in flight can wait");
    if (planted(Bug::order_broken_on_retry)) {
        std::swap(lane.queue[lane.front].record, lane.queue.back().record);
    }
    lane.state = State::waiting;
    lane.due = due;
    waits_.emplace(due, key);
}

void Lanes::advance(LaneKey key) {
    Lane& lane = lanes_.at(key);
    INVARIANT(lane.state == State::in_flight, "only a lane in flight can advance");
    pop_front(lane);
    if (lane.empty()) {
        free_lane(key, lane);
    } else {
        become_ready(key, lane);
    }
}

void Lanes::wake(common::Instant now) {
    while (!waits_.empty() && waits_.begin()->first <= now) {
        const LaneKey key = waits_.begin()->second;
        waits_.erase(waits_.begin());
        Lane& lane = lanes_.at(key);
        if (lane.empty()) {
            free_lane(key, lane);
        } else {
            become_ready(key, lane);
        }
    }
}

common::Instant Lanes::next_due() const {
    return waits_.empty() ? common::never : waits_.begin()->first;
}

void Lanes::remove_if(const std::function<bool(ObligationKey)>& unwanted) {
    lanes_.for_each([&](LaneKey key, Lane& lane) {
        const bool was_ready = lane.state == State::ready;
        if (was_ready) {
            leave_ready(key, lane);
        }
        const std::size_t kept = lane.front + (lane.state == State::in_flight ? 1 : 0);
        const auto from = lane.queue.begin() + static_cast<std::ptrdiff_t>(kept);
        lane.queue.erase(
            std::remove_if(
                from, lane.queue.end(), [&](const Entry& entry) { return unwanted(entry.record); }),
            lane.queue.end());
        if (was_ready && lane.empty()) {
            free_lane(key, lane);
        } else if (was_ready) {
            become_ready(key, lane);
        }
    });
}

std::optional<Lanes::View> Lanes::view(const std::string& account) const {
    const auto found = by_account_.find(account);
    if (found == by_account_.end()) {
        return std::nullopt;
    }
    const Lane& lane = *lanes_.find(found->second);
    return View{
        found->second, std::span{lane.queue}.subspan(lane.front), lane.state == State::in_flight,
        lane.state == State::waiting ? std::optional{lane.due} : std::nullopt};
}

void Lanes::become_ready(LaneKey key, Lane& lane) {
    const std::size_t seen = std::min(lane.queue.size() - lane.front, look_ahead);
    lane.deadline = lane.queue[lane.front].deadline;
    for (std::size_t at = 1; at < seen; ++at) {
        lane.deadline = std::min(lane.deadline, lane.queue[lane.front + at].deadline);
    }
    lane.channel = lane.queue[lane.front].channel;
    lane.sequence = ++sequence_;
    lane.state = State::ready;
    ready_[lane.channel.value].emplace(lane.deadline, lane.sequence, key);
}

void Lanes::leave_ready(LaneKey key, const Lane& lane) {
    ready_[lane.channel.value].erase(ReadyKey{lane.deadline, lane.sequence, key});
}

void Lanes::pop_front(Lane& lane) {
    ++lane.front;
    // Compact now and then, so that a hot account costs O(1) a record and its queue does not grow for ever.
    if (lane.front >= 64 && lane.front * 2 >= lane.queue.size()) {
        lane.queue.erase(lane.queue.begin(), lane.queue.begin() + static_cast<std::ptrdiff_t>(lane.front));
        lane.front = 0;
    }
}

void Lanes::free_lane(LaneKey key, const Lane& lane) {
    by_account_.erase(by_account_.find(*lane.account));
    lanes_.erase(key);
}

}  // namespace core
