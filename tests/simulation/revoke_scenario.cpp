#include "tests/simulation/revoke_scenario.hpp"

#include <algorithm>
#include <array>

#include "common/prng.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t accounts = 500'000;
constexpr std::uint64_t events_seed = 20'260'101;

core::EventType some_type(common::Prng& random) {
    using core::EventType;
    constexpr std::array shares{EventType::password_changed, EventType::password_changed,
                                EventType::password_changed, EventType::password_changed,
                                EventType::opted_out,        EventType::opted_out,
                                EventType::opted_out,        EventType::sign_in_flagged,
                                EventType::sign_in_flagged,  EventType::deleted};
    return shares[static_cast<std::size_t>(random.below(shares.size()))];
}

}  // namespace

std::span<const RevokeScenario> revoke_scenarios() {
    static const std::vector<RevokeScenario> scenarios{
        {.name = "quiet-day",
         .traffic = {{0h, 24h, 86'400}},
         .failing_per_million = 1000,
         .answers_lost_per_million = 100},
        {.name = "million-backlog", .backlog = 1'000'000, .traffic = {{0s, 10min, 30'000}}},
        // 30 a second, and 20,000 in the eleventh minute: what is spare takes a quarter of an hour to make
        // up.
        {.name = "quota-50", .traffic = {{0h, 1h, 108'000}, {10min, 11min, 20'000}}, .our_rate = 50},
        {.name = "quota-50-by-429",
         .traffic = {{0h, 1h, 108'000}, {10min, 11min, 20'000}},
         .apples_rate = 50},
        {.name = "refused-hour", .traffic = {{0h, 3h, 108'000}}, .refused_from = 1h, .refused_until = 2h},
    };
    return scenarios;
}

std::vector<TimedEvent> make_events(const RevokeScenario& scenario) {
    common::Prng random{events_seed};
    std::vector<TimedEvent> events;
    const auto add = [&](common::Duration at, bool backlog) {
        TimedEvent& event = events.emplace_back();
        event.at = at;
        event.backlog = backlog;
        event.account = static_cast<std::uint32_t>(random.below(accounts));
        event.type = some_type(random);
        event.commands = random.below(8) == 0 ? 2 : 1;
    };
    for (std::uint32_t left = scenario.backlog; left > 0; --left) {
        add({}, true);
    }
    for (const Traffic& traffic : scenario.traffic) {
        for (std::uint32_t left = traffic.events; left > 0; --left) {
            add(traffic.from + random.up_to(traffic.until - traffic.from), false);
        }
    }
    std::stable_sort(events.begin(), events.end(), [](const TimedEvent& left, const TimedEvent& right) {
        return left.at < right.at;
    });
    return events;
}

}  // namespace simulation
