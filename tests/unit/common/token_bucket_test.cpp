#include "common/token_bucket.hpp"

#include <doctest/doctest.h>

#include "common/prng.hpp"

using namespace std::chrono_literals;

namespace {

const common::Instant start{1h};

}  // namespace

TEST_CASE("a bucket lets the burst go at once, then the rate") {
    common::TokenBucket bucket{10, 3};
    CHECK(bucket.take(start));
    CHECK(bucket.take(start));
    CHECK(bucket.take(start));
    CHECK_FALSE(bucket.take(start));
    CHECK_FALSE(bucket.take(start + 99ms));
    CHECK(bucket.take(start + 101ms));
    CHECK_FALSE(bucket.take(start + 101ms));
}

TEST_CASE("waiting until ready_at is enough") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        common::Prng prng{seed};
        const double rate = 0.01 + static_cast<double>(prng.below(100'000));
        common::TokenBucket bucket{rate, static_cast<double>(prng.below(5))};
        common::Instant now = start;
        for (int round = 0; round < 50; ++round) {
            now += prng.up_to(1s);
            const common::Instant ready = bucket.ready_at(now);
            CHECK(ready >= now);
            now = ready;
            CHECK(bucket.take(now));
        }
    }
}

TEST_CASE("no rate means no limit") {
    common::TokenBucket bucket{0, 1};
    CHECK_FALSE(bucket.limited());
    for (int round = 0; round < 100; ++round) {
        CHECK(bucket.take(start));
    }
    CHECK(bucket.ready_at(start) == start);
}

TEST_CASE("a burst below one still lets one go") {
    common::TokenBucket bucket{1, 0};
    CHECK(bucket.take(start));
    CHECK_FALSE(bucket.take(start));
}

TEST_CASE("a long rest fills the bucket, not more") {
    common::TokenBucket bucket{1000, 2};
    CHECK(bucket.take(start + 24h));
    CHECK(bucket.take(start + 24h));
    CHECK_FALSE(bucket.take(start + 24h));
}

TEST_CASE("time that stands still or goes back gives nothing") {
    common::TokenBucket bucket{1000, 1};
    CHECK(bucket.take(start));
    CHECK_FALSE(bucket.take(start - 1h));
    CHECK_FALSE(bucket.take(start));
}
