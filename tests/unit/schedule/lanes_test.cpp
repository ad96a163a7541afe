// Lanes against the obvious slow version: a map of queues, searched from end to end.
#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/prng.hpp"
#include "tests/support/slowness.hpp"
#include "worker/core/schedule/lanes.hpp"

using namespace std::chrono_literals;

namespace {

struct SlowLane {
    std::deque<core::Lanes::Entry> queue;
    char state = 'r';  // ready, flying, waiting
    common::Instant due{};
};

struct Slow {
    std::map<std::string, SlowLane> lanes;

    static common::WallTime deadline(const SlowLane& lane) {
        common::WallTime earliest = lane.queue.front().deadline;
        for (std::size_t at = 0; at < std::min<std::size_t>(16, lane.queue.size()); ++at) {
            earliest = std::min(earliest, lane.queue[at].deadline);
        }
        return earliest;
    }
    [[nodiscard]] std::optional<common::WallTime> most_urgent(core::ChannelId channel) const {
        std::optional<common::WallTime> best;
        for (const auto& [account, lane] : lanes) {
            if (lane.state == 'r' && lane.queue.front().channel == channel &&
                (!best || deadline(lane) < *best)) {
                best = deadline(lane);
            }
        }
        return best;
    }
};

core::ObligationKey record_key(std::uint32_t number) {
    return {number, 1};
}

void one_history(std::uint64_t seed) {
    CAPTURE(seed);
    common::Prng random{seed};
    core::Lanes lanes{2};
    Slow slow;
    std::map<std::uint32_t, std::string> account_of;
    std::map<std::string, core::LaneKey> flying;
    common::Instant now{1s};
    std::uint32_t next = 0;
    for (int step = 0; step < 300; ++step) {
        now += random.up_to(50ms);
        const std::uint64_t choice = random.below(10);
        if (choice < 4) {
            const std::string account = "account-" + std::to_string(random.below(8));
            const core::Lanes::Entry entry{
                record_key(next), core::ChannelId{static_cast<std::uint32_t>(random.below(2))},
                common::WallTime{std::chrono::milliseconds{random.below(1000)}}};
            account_of[next++] = account;
            lanes.push(account, entry);
            SlowLane& lane = slow.lanes[account];
            lane.queue.push_back(entry);
        } else if (choice < 7) {
            const core::ChannelId app{static_cast<std::uint32_t>(random.below(2))};
            if (!lanes.most_urgent(app)) {
                continue;
            }
            const common::WallTime urgent = *lanes.most_urgent(app);
            const auto turn = lanes.take(app);
            const std::string& account = account_of.at(turn.record.slot);
            SlowLane& lane = slow.lanes.at(account);
            REQUIRE(lane.state == 'r');
            REQUIRE(lane.queue.front().record == turn.record);  // order within the account
            REQUIRE(Slow::deadline(lane) == urgent);
            lane.state = 'f';
            flying[account] = turn.lane;
        } else if (choice < 9 && !flying.empty()) {
            auto one = flying.begin();
            std::advance(one, static_cast<std::ptrdiff_t>(random.below(flying.size())));
            SlowLane& lane = slow.lanes.at(one->first);
            const std::uint64_t end = random.below(3);
            if (end == 0) {
                lanes.again(one->second, lane.queue.front().channel);
                lane.state = 'r';
            } else if (end == 1) {
                lane.due = now + random.up_to(100ms);
                lanes.retry_at(one->second, lane.due);
                lane.state = 'w';
            } else {
                lanes.advance(one->second);
                lane.queue.pop_front();
                lane.state = 'r';
                if (lane.queue.empty()) {
                    slow.lanes.erase(one->first);
                }
            }
            flying.erase(one);
        } else {
            const std::uint32_t unlucky = static_cast<std::uint32_t>(random.below(7));
            const auto unwanted = [&](core::ObligationKey key) { return key.slot % 7 == unlucky; };
            lanes.remove_if(unwanted);
            for (auto it = slow.lanes.begin(); it != slow.lanes.end();) {
                SlowLane& lane = it->second;
                const std::size_t kept = lane.state == 'f' ? 1 : 0;
                for (std::size_t at = lane.queue.size(); at-- > kept;) {
                    if (unwanted(lane.queue[at].record)) {
                        lane.queue.erase(lane.queue.begin() + static_cast<std::ptrdiff_t>(at));
                    }
                }
                it = lane.state == 'r' && lane.queue.empty() ? slow.lanes.erase(it) : std::next(it);
            }
        }
        lanes.wake(now);
        for (auto it = slow.lanes.begin(); it != slow.lanes.end();) {
            SlowLane& lane = it->second;
            if (lane.state == 'w' && lane.due <= now) {
                lane.state = 'r';
            }
            it = lane.state == 'r' && lane.queue.empty() ? slow.lanes.erase(it) : std::next(it);
        }
        REQUIRE(lanes.size() == slow.lanes.size());
        for (const core::ChannelId app : {core::ChannelId{0}, core::ChannelId{1}}) {
            REQUIRE(lanes.most_urgent(app) == slow.most_urgent(app));
        }
    }
}

}  // namespace

TEST_CASE("lanes behave like the obvious slow version") {
    for (std::uint64_t seed = 1; seed <= 500 / test_support::slowness; ++seed) {
        one_history(seed);
    }
}

TEST_CASE("a hot account's queue does not grow with what passed through it") {
    core::Lanes lanes{1};
    lanes.push("hot", {record_key(0), core::ChannelId{0}});
    for (std::uint32_t i = 1; i < 100'000; ++i) {
        const auto turn = lanes.take(core::ChannelId{0});
        REQUIRE(turn.record == record_key(i - 1));
        lanes.push("hot", {record_key(i), core::ChannelId{0}});
        lanes.advance(turn.lane);
    }
    CHECK(lanes.size() == 1);
}
