#include "common/histogram.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>

#include "common/prng.hpp"

namespace {

constexpr double bounds[] = {0.1, 1, 10};

}  // namespace

TEST_CASE("a bound belongs to its own bucket, what is above all to the last") {
    struct Row {
        const char* because;
        double value;
        std::size_t bucket;
    };
    const Row rows[] = {
        {"below the first", -1, 0},      {"on the first bound", 0.1, 0},
        {"just above it", 0.1000001, 1}, {"on the last bound", 10, 2},
        {"above it", 10.5, 3},           {"infinite", std::numeric_limits<double>::infinity(), 3},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            common::Histogram histogram{bounds};
            histogram.observe(row.value);
            REQUIRE(histogram.counts().size() == 4);
            for (std::size_t bucket = 0; bucket < 4; ++bucket) {
                CHECK(histogram.counts()[bucket] == (bucket == row.bucket ? 1U : 0U));
            }
        }
    }
}

TEST_CASE("count and sum follow the observations") {
    common::Histogram histogram{bounds};
    common::Prng prng{1};
    double sum = 0;
    for (int round = 0; round < 1000; ++round) {
        const auto value = static_cast<double>(prng.below(20));
        histogram.observe(value);
        sum += value;
    }
    CHECK(histogram.count() == 1000);
    CHECK(histogram.sum() == doctest::Approx(sum));
    const auto counts = histogram.counts();
    CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 1000);
    CHECK(histogram.bounds().data() == bounds);
}
