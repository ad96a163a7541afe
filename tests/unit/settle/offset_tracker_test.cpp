#include "worker/core/settle/offset_tracker.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <iterator>
#include <set>

#include "common/prng.hpp"
#include "tests/support/slowness.hpp"

namespace {

using core::Offset;
using core::OffsetRange;
using core::OffsetRanges;
using core::OffsetTracker;

// The obvious slow version: every offset's state is written down, and every question walks over all of them.
class Model {
public:
    Model(std::int64_t next, const OffsetRanges& restored) : first_{next}, next_{next} {
        for (const OffsetRange& range : restored) {
            for (std::int64_t offset = range.first.value; offset <= range.last.value; ++offset) {
                if (offset > next) {
                    finished_.insert(offset);
                    restored_.insert(offset);
                }
            }
        }
    }

    bool delivered(std::int64_t offset) {
        for (std::int64_t hole = next_; hole < offset; ++hole) {
            finished_.insert(hole);
        }
        next_ = offset + 1;
        if (restored_.count(offset) != 0) {
            return true;
        }
        running_.insert(offset);
        return false;
    }

    bool finished(std::int64_t offset) {
        if (running_.erase(offset) == 0) {
            return false;
        }
        finished_.insert(offset);
        return true;
    }

    std::int64_t committable() const {
        std::int64_t offset = first_;
        while (finished_.count(offset) != 0) {
            ++offset;
        }
        return offset;
    }

    OffsetRanges finished_above() const {
        OffsetRanges ranges;
        const std::int64_t from = committable();
        for (const std::int64_t offset : finished_) {
            if (offset <= from) {
                continue;
            }
            if (!ranges.empty() && ranges.back().last.value + 1 == offset) {
                ranges.back().last = Offset{offset};
            } else {
                ranges.push_back({Offset{offset}, Offset{offset}});
            }
        }
        return ranges;
    }

    std::size_t unfinished() const { return running_.size(); }
    std::size_t span() const {
        return next_ > committable() ? static_cast<std::size_t>(next_ - committable()) : 0;
    }
    std::int64_t next() const { return next_; }
    const std::set<std::int64_t>& running() const { return running_; }

private:
    std::int64_t first_;
    std::int64_t next_;
    std::set<std::int64_t> finished_;
    std::set<std::int64_t> restored_;
    std::set<std::int64_t> running_;
};

OffsetRanges random_ranges(common::Prng& random, std::int64_t next) {
    OffsetRanges ranges;
    std::int64_t at = next + static_cast<std::int64_t>(random.below(4)) - 1;
    for (std::uint64_t left = random.below(6); left > 0; --left) {
        const std::int64_t first = at + 2 + static_cast<std::int64_t>(random.below(5));
        const std::int64_t last = first + static_cast<std::int64_t>(random.below(6));
        ranges.push_back({Offset{first}, Offset{last}});
        at = last;
    }
    return ranges;
}

void check_same(const OffsetTracker& tracker, const Model& model) {
    REQUIRE(tracker.committable().value == model.committable());
    REQUIRE(tracker.finished_above() == model.finished_above());
    REQUIRE(tracker.unfinished() == model.unfinished());
    REQUIRE(tracker.span() == model.span());
    REQUIRE(tracker.head().has_value() == !model.running().empty());
    if (tracker.head()) {
        REQUIRE(tracker.head()->value == *model.running().begin());
    }
}

void random_history(std::uint64_t seed) {
    CAPTURE(seed);
    common::Prng random{seed};
    const auto next = static_cast<std::int64_t>(random.below(1000));
    const OffsetRanges restored = random_ranges(random, next);
    OffsetTracker tracker{Offset{next}, restored};
    Model model{next, restored};
    std::int64_t committed = tracker.committable().value;
    for (int step = 0; step < 60; ++step) {
        CAPTURE(step);
        const std::uint64_t choice = random.below(10);
        if (choice < 4) {
            const bool hole = random.chance(0.2);
            const std::int64_t offset =
                model.next() + (hole ? static_cast<std::int64_t>(random.below(12)) : 0);
            REQUIRE(tracker.delivered(Offset{offset}) == model.delivered(offset));
        } else if (choice < 8 && !model.running().empty()) {
            auto at = model.running().begin();
            std::advance(at, static_cast<std::ptrdiff_t>(random.below(model.running().size())));
            const std::int64_t offset = *at;
            REQUIRE(tracker.finished(Offset{offset}));
            REQUIRE(model.finished(offset));
        } else {
            // Any offset: outstanding, finished, a hole, restored, or never heard of.
            const std::int64_t offset = next - 3 + static_cast<std::int64_t>(random.below(80));
            REQUIRE(tracker.finished(Offset{offset}) == model.finished(offset));
        }
        check_same(tracker, model);
        REQUIRE(tracker.committable().value >= committed);
        committed = tracker.committable().value;
    }
}

}  // namespace

TEST_CASE("the tracker agrees with the obvious slow version over random histories") {
    for (std::uint64_t seed = 1; seed <= 4000 / test_support::slowness; ++seed) {
        random_history(seed);
    }
}

TEST_CASE("a record that runs holds the commit back, and a hole does not") {
    OffsetTracker tracker{Offset{10}};
    CHECK_FALSE(tracker.delivered(Offset{10}));
    CHECK_FALSE(tracker.delivered(Offset{11}));
    CHECK_FALSE(tracker.delivered(Offset{14}));
    CHECK(tracker.finished(Offset{11}));
    CHECK(tracker.committable() == Offset{10});
    CHECK(tracker.finished_above() == OffsetRanges{{Offset{11}, Offset{13}}});
    CHECK(tracker.span() == 5);
    CHECK(tracker.finished(Offset{10}));
    CHECK(tracker.committable() == Offset{14});
    CHECK(tracker.finished(Offset{14}));
    CHECK(tracker.committable() == Offset{15});
    CHECK(tracker.span() == 0);
}

TEST_CASE("nothing beyond the last delivered offset is committable unless an earlier owner finished it") {
    OffsetTracker tracker{Offset{10}, {{Offset{11}, Offset{12}}, {Offset{20}, Offset{21}}}};
    CHECK(tracker.committable() == Offset{10});
    CHECK_FALSE(tracker.delivered(Offset{10}));
    CHECK(tracker.finished(Offset{10}));
    CHECK(tracker.committable() == Offset{13});
    CHECK(tracker.finished_above() == OffsetRanges{{Offset{20}, Offset{21}}});

    CHECK(tracker.delivered(Offset{11}));
    CHECK_FALSE(tracker.finished(Offset{11}));
    CHECK(tracker.committable() == Offset{13});
    CHECK_FALSE(tracker.delivered(Offset{13}));
    CHECK(tracker.committable() == Offset{13});
    CHECK_FALSE(tracker.delivered(Offset{25}));  // 20 and 21 were compacted away meanwhile
    CHECK(tracker.finished_above() == OffsetRanges{{Offset{14}, Offset{24}}});
}

TEST_CASE("ranges in disorder are put in order, and what does not lie above the position is ignored") {
    const OffsetTracker tracker{
        Offset{10},
        {{Offset{30}, Offset{31}},
         {Offset{1}, Offset{9}},
         {Offset{8}, Offset{12}},
         {Offset{13}, Offset{13}},
         {Offset{32}, Offset{30}},
         {Offset{31}, Offset{40}}}};
    CHECK(tracker.committable() == Offset{10});
    CHECK(tracker.finished_above() == OffsetRanges{{Offset{11}, Offset{13}}, {Offset{30}, Offset{40}}});
}

TEST_CASE("a finish that does not belong here changes nothing") {
    OffsetTracker tracker{Offset{5}};
    CHECK_FALSE(tracker.finished(Offset{5}));
    CHECK_FALSE(tracker.delivered(Offset{5}));
    CHECK_FALSE(tracker.delivered(Offset{7}));
    CHECK_FALSE(tracker.finished(Offset{4}));
    CHECK_FALSE(tracker.finished(Offset{6}));
    CHECK_FALSE(tracker.finished(Offset{8}));
    CHECK(tracker.finished(Offset{7}));
    CHECK_FALSE(tracker.finished(Offset{7}));
    CHECK(tracker.unfinished() == 1);
    CHECK(tracker.head() == Offset{5});
}
