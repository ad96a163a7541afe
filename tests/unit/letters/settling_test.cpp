// The replay group's progress against the obvious slow version: a set of settled offsets.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "common/prng.hpp"
#include "tests/support/slowness.hpp"
#include "worker/core/letters/settling.hpp"

namespace {

using core::Offset;
using core::Settling;

struct Commit {
    Offset committed{0};
    std::string map;
};

Settling resumed(const Commit& commit) {
    return Settling{commit.committed, core::decode_offset_map(commit.committed, commit.map).ranges};
}

// What a commit says is settled, of [0, end).
std::set<std::int64_t> settled_by(const Commit& commit, std::int64_t end) {
    std::set<std::int64_t> settled;
    for (std::int64_t offset = 0; offset < std::min(end, commit.committed.value); ++offset) {
        settled.insert(offset);
    }
    for (const core::OffsetRange& range : core::decode_offset_map(commit.committed, commit.map).ranges) {
        for (std::int64_t offset = range.first.value; offset <= range.last.value; ++offset) {
            settled.insert(offset);
        }
    }
    return settled;
}

}  // namespace

TEST_CASE(
    "settling: whatever is settled in whatever order, and whenever it crashes, commits tell the truth") {
    for (std::uint64_t seed = 1; seed <= 300 / test_support::slowness; ++seed) {
        CAPTURE(seed);
        common::Prng prng{seed};
        const auto end = static_cast<std::int64_t>(1 + prng.below(120));
        std::set<std::int64_t> model;  // acknowledged, and committed with the next commit
        Commit commit;
        // Each run takes some of the open letters, and is cut off somewhere.
        for (int run = 0; run < 8; ++run) {
            const std::set<std::int64_t> before = settled_by(commit, end);
            Settling settling = resumed(commit);
            model = before;
            std::vector<std::int64_t> under_way;
            const bool crashes = prng.chance(0.5);
            const std::uint64_t last = prng.below(static_cast<std::uint64_t>(end) + 1);
            for (std::int64_t offset = commit.committed.value; offset < end; ++offset) {
                const bool known = settling.found(Offset{offset});
                REQUIRE(known == before.contains(offset));
                if (known || prng.chance(0.4)) {
                    continue;
                }
                REQUIRE(settling.fits_with(Offset{offset}));
                settling.take(Offset{offset});
                under_way.push_back(offset);
                while (!under_way.empty() && prng.chance(0.6)) {
                    const auto at = static_cast<std::ptrdiff_t>(prng.below(under_way.size()));
                    const std::int64_t ended = under_way[static_cast<std::size_t>(at)];
                    under_way.erase(under_way.begin() + at);
                    if (prng.chance(0.1)) {
                        settling.give_back(Offset{ended});
                        continue;
                    }
                    settling.settle(Offset{ended});
                    model.insert(ended);
                }
                if (prng.chance(0.2)) {
                    const core::EncodedMap map = settling.map();
                    REQUIRE_FALSE(map.cut);
                    REQUIRE(settling.committable() >= commit.committed);
                    commit = {settling.committable(), map.text};
                    std::set<std::int64_t> told = settled_by(commit, end);
                    REQUIRE(told == model);
                }
                if (crashes && static_cast<std::uint64_t>(offset) >= last) {
                    break;
                }
            }
        }
    }
}

TEST_CASE("settling: letters are refused before the map is full, and never described wrongly") {
    // Every second letter is settled: islands without end.
    Settling settling{Offset{0}};
    std::int64_t refused_at = -1;
    for (std::int64_t offset = 0; offset < 200'000; ++offset) {
        REQUIRE_FALSE(settling.found(Offset{offset}));
        if (offset % 2 == 0) {
            continue;
        }
        if (!settling.fits_with(Offset{offset})) {
            refused_at = offset;
            break;
        }
        settling.take(Offset{offset});
        settling.settle(Offset{offset});
        if (offset % 1001 == 0) {
            REQUIRE_FALSE(settling.map().cut);
        }
    }
    CHECK(refused_at > 5000);
    CHECK_FALSE(settling.map().cut);
    CHECK(settling.committable() == Offset{0});
    // It is the islands that are in the way: once the oldest are settled there is room again.
    for (std::int64_t offset = 0; offset < refused_at; offset += 2) {
        settling.settle(Offset{offset});
    }
    CHECK(settling.committable() == Offset{refused_at});
    CHECK(settling.fits_with(Offset{refused_at}));
}

TEST_CASE("settling: sparse letters of a long partition fit by the hundreds") {
    Settling settling{Offset{0}};
    int taken = 0;
    for (std::int64_t offset = 0; offset < 500'000; ++offset) {
        REQUIRE_FALSE(settling.found(Offset{offset}));
        if (offset % 1000 != 999) {
            continue;
        }
        if (!settling.fits_with(Offset{offset})) {
            break;
        }
        settling.take(Offset{offset});
        settling.settle(Offset{offset});
        ++taken;
    }
    CHECK(taken >= 300);
    CHECK_FALSE(settling.map().cut);
}
