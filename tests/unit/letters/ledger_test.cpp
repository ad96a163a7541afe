// The ledger of open obligations: what it says step by step, and against a slow twin that knows everything.
#include "worker/core/letters/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "common/prng.hpp"

namespace {

using core::DeadLetterReason;
using core::Ledger;
using core::Offset;
using core::OffsetRanges;
using core::TopicPartition;

const TopicPartition events{"events", 3};

core::Owed owed(
    int minute = 0, DeadLetterReason reason = DeadLetterReason::rejected, TopicPartition from = events) {
    return {reason, common::WallTime{std::chrono::minutes{minute}}, std::move(from)};
}

std::size_t open(const Ledger& ledger) {
    const auto sum = ledger.sum();
    return sum.open[0] + sum.open[1] + sum.open[2];
}
std::size_t on_way(const Ledger& ledger) {
    const auto sum = ledger.sum();
    return sum.on_way[0] + sum.on_way[1] + sum.on_way[2];
}

}  // namespace

TEST_CASE("ledger: open, on its way, closed") {
    Ledger ledger{Offset{10}};
    ledger.found(Offset{10}, owed(5));
    ledger.found(Offset{12}, owed(3, DeadLetterReason::invalid));
    CHECK(open(ledger) == 2);
    CHECK(ledger.sum().oldest == common::WallTime{std::chrono::minutes{3}});
    CHECK(ledger.committable() == Offset{10});

    ledger.settled(Offset{0}, {{Offset{12}, Offset{12}}});
    CHECK(open(ledger) == 1);
    CHECK(on_way(ledger) == 1);
    CHECK(ledger.commits_wanted().empty());
    REQUIRE(ledger.ends_wanted() == std::vector{events});
    ledger.source_ends(events, Offset{900});
    CHECK(ledger.ends_wanted().empty());
    CHECK(ledger.commits_wanted() == std::vector{events});

    ledger.source_committed(events, Offset{899});
    CHECK(on_way(ledger) == 1);
    ledger.source_committed({"events", 4}, Offset{5000});
    CHECK(on_way(ledger) == 1);
    ledger.source_committed(events, Offset{900});
    CHECK(on_way(ledger) == 0);
    CHECK(ledger.committable() == Offset{10});
    CHECK(ledger.closed_above() == OffsetRanges{{Offset{11}, Offset{12}}});

    ledger.settled(Offset{13}, {});
    ledger.source_ends(events, Offset{901});
    ledger.source_committed(events, Offset{950});
    CHECK(ledger.size() == 0);
    CHECK_FALSE(ledger.sum().oldest);
    CHECK(ledger.committable() == Offset{13});
}

TEST_CASE("ledger: the replay group's offsets were set back, so the letters are open again") {
    Ledger ledger{Offset{0}};
    ledger.found(Offset{0}, owed());
    ledger.settled(Offset{1}, {});
    ledger.source_ends(events, Offset{7});
    ledger.settled(Offset{0}, {});
    CHECK(open(ledger) == 1);
    ledger.source_committed(events, Offset{100});
    CHECK(open(ledger) == 1);
}

TEST_CASE("ledger: what an earlier ledger closed is not owed, and foreign records owe nothing") {
    Ledger ledger{Offset{5}, {{Offset{7}, Offset{8}}}};
    ledger.found(Offset{5}, owed());
    ledger.found_nothing(Offset{6});
    ledger.found(Offset{7}, owed());
    ledger.found_nothing(Offset{8});
    CHECK(open(ledger) == 1);
    CHECK(ledger.closed_above() == OffsetRanges{{Offset{6}, Offset{8}}});
}

TEST_CASE("ledger: retention takes open letters, and that is counted") {
    Ledger ledger{Offset{0}};
    for (std::int64_t offset = 0; offset < 4; ++offset) {
        ledger.found(Offset{offset}, owed());
    }
    ledger.settled(Offset{1}, {});
    CHECK(ledger.expired_below(Offset{3}) == 2);  // the first was settled
    CHECK(ledger.expired_below(Offset{3}) == 0);
    CHECK(open(ledger) == 1);
    CHECK(ledger.committable() == Offset{3});
}

// A person, two source partitions and the workers act at random; the ledger is told late, and is now and then
// made anew from what it had committed. The twin keeps every fact.
TEST_CASE("ledger: random histories agree with the slow twin") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        const auto below = [&random](std::uint64_t bound) { return random.below(bound); };
        struct Fact {
            DeadLetterReason reason;
            int source;
            bool settled = false;
            std::int64_t replayed_at = -1;  // where it lies in the source; -1: not replayed
        };
        std::map<std::int64_t, Fact> facts;         // every letter ever
        std::array<std::int64_t, 2> end{100, 100};  // of the source partitions
        std::array<std::int64_t, 2> committed{100, 100};
        const auto source = [](int which) { return TopicPartition{"events", which}; };
        const auto settled_ranges = [&] {
            OffsetRanges ranges;
            for (const auto& [offset, fact] : facts) {
                if (fact.settled) {
                    ranges.push_back({Offset{offset}, Offset{offset}});
                }
            }
            return ranges;
        };
        Ledger ledger{Offset{0}};
        std::int64_t next = 0;
        const auto look = [&] {
            ledger.settled(Offset{0}, settled_ranges());
            for (const TopicPartition& wanted : ledger.ends_wanted()) {
                ledger.source_ends(wanted, Offset{end[static_cast<std::size_t>(wanted.partition)]});
            }
            for (const TopicPartition& wanted : ledger.commits_wanted()) {
                ledger.source_committed(
                    wanted, Offset{committed[static_cast<std::size_t>(wanted.partition)]});
            }
        };
        const auto executed = [&](const Fact& fact) {
            return fact.settled && fact.replayed_at < committed[static_cast<std::size_t>(fact.source)];
        };
        for (int step = 0; step < 120; ++step) {
            switch (below(7)) {
                case 0:
                case 1: {  // a new letter, perhaps behind a hole
                    next += static_cast<std::int64_t>(below(3));
                    const Fact fact{core::dead_letter_reasons[below(3)], static_cast<int>(below(2))};
                    facts.emplace(next, fact);
                    ledger.found(Offset{next}, owed(step, fact.reason, source(fact.source)));
                    ++next;
                    break;
                }
                case 2:  // somebody replays or discards
                    if (!facts.empty()) {
                        auto chosen =
                            std::next(facts.begin(), static_cast<std::ptrdiff_t>(below(facts.size())));
                        if (!chosen->second.settled) {
                            chosen->second.settled = true;
                            if (below(2) == 0) {
                                chosen->second.replayed_at =
                                    end[static_cast<std::size_t>(chosen->second.source)]++;
                            }
                        }
                    }
                    break;
                case 3:
                    end[below(2)] += 1;
                    break;
                case 4: {
                    const std::size_t which = below(2);
                    committed[which] += static_cast<std::int64_t>(
                        below(static_cast<std::uint64_t>(end[which] - committed[which]) + 1));
                    break;
                }
                case 5:
                    look();
                    break;
                default: {  // a new process
                    const Offset from = ledger.committable();
                    Ledger anew{from, ledger.closed_above()};
                    for (const auto& [offset, fact] : facts) {
                        if (Offset{offset} >= from) {
                            anew.found(Offset{offset}, owed(0, fact.reason, source(fact.source)));
                        }
                    }
                    ledger = std::move(anew);
                }
            }
            // Whatever the ledger was told so far: nothing that is owed is missing from it.
            std::size_t owed_now = 0;
            for (const auto& [offset, fact] : facts) {
                owed_now += executed(fact) ? 0 : 1;
            }
            REQUIRE(ledger.size() >= owed_now);
        }
        // Everybody catches up: then it holds exactly what nobody settled.
        committed = end;
        look();
        look();
        core::CountsByReason expected{};
        for (const auto& [offset, fact] : facts) {
            expected[static_cast<std::size_t>(fact.reason)] += fact.settled ? 0 : 1;
        }
        CHECK(ledger.sum().open == expected);
        CHECK(on_way(ledger) == 0);
    }
}
