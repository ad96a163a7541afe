// Whose turn it is. A lane is the FIFO of one account; one of its commands is in flight at a time. Ready
// lanes are taken earliest deadline first, separately for each channel (one kind of call of one app), since
// what holds one channel does not hold the others.
//
//   idle --push--> ready --take--> in flight --advance--> ready | idle
//                    ^                |   |
//                    |<----again------+   +--retry_at--> waiting --wake--> ready | idle
//
// A wait belongs to the lane: it also holds the account's next record when the one that caused it is gone.
// A lane's deadline is the earliest of its first few records: a password change behind an opt-out of the same
// account hurries both.
//
// Ownership: keeps keys of records, never records.
// Threads:   engine thread alone.
// Cost:      O(log lanes) a call; remove_if visits everything.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "common/slab.hpp"
#include "common/strong.hpp"
#include "common/time.hpp"

namespace core {

using ObligationKey = common::SlabKey<struct ObligationTag>;
using LaneKey = common::SlabKey<struct LaneTag>;
// What is held and let go together: one kind of call of one app.
using ChannelId = common::Strong<struct ChannelTag, std::uint32_t>;

class Lanes {
public:
    struct Entry {
        ObligationKey record;
        ChannelId channel;
        common::WallTime deadline{};
    };
    struct Turn {
        LaneKey lane;
        ObligationKey record;
    };

    explicit Lanes(std::size_t channels) : ready_(channels) {}

    void push(const std::string& account, Entry entry);

    // The deadline of the channel's most urgent ready lane.
    [[nodiscard]] std::optional<common::WallTime> most_urgent(ChannelId channel) const;
    // Requires most_urgent(channel). The lane is in flight afterwards.
    [[nodiscard]] Turn take(ChannelId channel);

    // The lane must be in flight for these three.
    void again(LaneKey lane, ChannelId channel);       // the same record is ready at once
    void retry_at(LaneKey lane, common::Instant due);  // the same record waits
    void advance(LaneKey lane);                        // the record is done with its lane

    // Lanes whose wait is over become ready.
    void wake(common::Instant now);
    [[nodiscard]] common::Instant next_due() const;

    // Drops queued records, except one in flight: its lane stays busy until the answer is there, so that the
    // account's next command cannot overtake it.
    void remove_if(const std::function<bool(ObligationKey)>& unwanted);

    // One account's lane, for somebody who asks. Valid until the next call that changes something.
    struct View {
        LaneKey key;
        std::span<const Entry> queue;  // the front first; never empty while its front is in flight
        bool in_flight = false;
        std::optional<common::Instant> due{};  // while it waits
    };
    [[nodiscard]] std::optional<View> view(const std::string& account) const;

    [[nodiscard]] std::size_t size() const noexcept { return lanes_.size(); }
    [[nodiscard]] std::size_t waiting() const noexcept { return waits_.size(); }
    [[nodiscard]] std::size_t ready(ChannelId channel) const { return ready_[channel.value].size(); }

private:
    enum class State : std::uint8_t { ready, in_flight, waiting };
    struct Lane {
        const std::string* account = nullptr;  // the key in by_account_
        std::vector<Entry> queue;
        std::size_t front = 0;
        State state = State::ready;
        common::Instant due{};        // waiting
        common::WallTime deadline{};  // ready: as in the ready set
        std::uint64_t sequence = 0;   // ready: first come first served among equals
        ChannelId channel;            // ready: whose ready set it is in
        [[nodiscard]] bool empty() const noexcept { return front == queue.size(); }
    };
    using ReadyKey = std::tuple<common::WallTime, std::uint64_t, LaneKey>;

    void become_ready(LaneKey key, Lane& lane);
    void leave_ready(LaneKey key, const Lane& lane);
    void pop_front(Lane& lane);
    void free_lane(LaneKey key, const Lane& lane);

    common::Slab<LaneTag, Lane> lanes_;
    std::unordered_map<std::string, LaneKey> by_account_;
    std::vector<std::set<ReadyKey>> ready_;  // by channel
    std::set<std::pair<common::Instant, LaneKey>> waits_;
    std::uint64_t sequence_ = 0;
};

}  // namespace core
