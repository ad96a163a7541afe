#include "worker/core/outcome/backoff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

namespace {

using namespace std::chrono_literals;

struct Spread {
    common::Duration least = common::Duration::max();
    common::Duration most{};
};

Spread spread_of(const core::Backoff& backoff, int failures_before) {
    common::Prng random{7};
    Spread spread;
    for (int draw = 0; draw < 2000; ++draw) {
        const common::Duration wait = backoff.after(failures_before, random);
        spread.least = std::min(spread.least, wait);
        spread.most = std::max(spread.most, wait);
    }
    return spread;
}

}  // namespace

TEST_CASE("backoff: jitter is full, and its ceiling doubles up to the longest") {
    struct Row {
        const char* because;
        core::Backoff backoff;
        int failures_before;
        common::Duration ceiling;
    };
    constexpr int many = std::numeric_limits<int>::max();
    const Row rows[] = {
        {"the first wait is within the base", {200ms, 30s}, 0, 200ms},
        {"each failure doubles it", {200ms, 30s}, 3, 1600ms},
        {"the longest caps it", {200ms, 30s}, 8, 30s},
        {"any number of failures is safe", {200ms, 30s}, many, 30s},
        {"no overflow near the end of time", {1ns, common::Duration::max()}, many, common::Duration::max()},
        {"a negative count is none", {200ms, 30s}, -1, 200ms},
        {"a base above the longest is the longest", {60s, 30s}, 0, 30s},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Spread spread = spread_of(row.backoff, row.failures_before);
            CHECK(spread.least.count() > 0);
            CHECK(spread.most.count() <= row.ceiling.count());
            CHECK(spread.least.count() < row.ceiling.count() / 50);
            CHECK(spread.most.count() > row.ceiling.count() / 100 * 98);
        }
    }
}

TEST_CASE("backoff: a wait is never zero, whatever the settings") {
    for (const core::Backoff backoff :
         {core::Backoff{0ns, 0ns}, core::Backoff{-5s, -5s}, core::Backoff{1ns, 1ns}}) {
        common::Prng random{1};
        CHECK(backoff.after(5, random) == 1ns);
    }
}

TEST_CASE("backoff: the same seed waits the same") {
    const core::Backoff backoff;
    common::Prng one{42};
    common::Prng other{42};
    for (int failures = 0; failures < 20; ++failures) {
        CHECK(backoff.after(failures, one) == backoff.after(failures, other));
    }
}
