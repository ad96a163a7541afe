// A world is its bytes: what a seed stands for, what zeros mean, and how draws grow with their bytes.
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "tests/simulation/world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a seed and the bytes that it stands for give the same world") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const simulation::Report drawn = simulation::run_seed(seed);
        const simulation::Report read = simulation::run_bytes(bytes_of_seed(seed, drawn.bytes_read));
        CHECK(drawn.trace_hash == read.trace_hash);
        CHECK(drawn.bytes_read == read.bytes_read);
    }
}

TEST_CASE("bytes that run out go on as zeros, and zero is the calmest choice") {
    Choices choices{std::string{}};
    CHECK(choices.below(1'000'000) == 0);
    CHECK_FALSE(choices.chance(99));
    CHECK(choices.chance(100));
    CHECK(choices.between(std::size_t{3}, std::size_t{9}) == 3);
    CHECK(choices.skewed(2ms, 9s) == 2ms);

    const simulation::Report calm = simulation::run_bytes({});
    CHECK_FALSE(calm.broken.has_value());
    CHECK(calm.swarm.ends_with("faults:"));
}

TEST_CASE("nothing is drawn where there is nothing to choose") {
    Choices choices{7};
    CHECK(choices.below(0) == 0);
    CHECK(choices.below(1) == 0);
    CHECK_FALSE(choices.chance(0));
    CHECK(choices.chance(100));
    CHECK(choices.drawn() == 0);
    CHECK(choices.bytes_read() == 0);
}

TEST_CASE("a draw grows with its bytes and reaches both ends of its range") {
    for (const std::uint64_t bound : {2ULL, 3ULL, 100ULL, 128ULL, 129ULL, 5'000ULL, 90'000'000'000ULL}) {
        CAPTURE(bound);
        CHECK(Choices{std::string(8, '\0')}.below(bound) == 0);
        CHECK(Choices{std::string(8, '\xff')}.below(bound) == bound - 1);
        std::uint64_t before = 0;
        for (int first = 0; first < 256; ++first) {
            const std::uint64_t value = Choices{std::string(1, static_cast<char>(first))}.below(bound);
            CHECK(value >= before);
            before = value;
        }
    }
    CHECK(Choices{std::string(8, '\xff')}.skewed(1ms, 10s) == 10s);
}

TEST_CASE("chances and waits are as likely as they say") {
    constexpr int draws = 100'000;
    Choices choices{11};
    for (const unsigned percent : {3U, 15U, 50U, 85U}) {
        int struck = 0;
        int narrow = 0;
        for (int draw = 0; draw < draws; ++draw) {
            struck += choices.chance(percent);
            narrow += choices.skewed(0ms, 20s) <= 1s;
        }
        CAPTURE(percent);
        CHECK(struck * 100.0 / draws == doctest::Approx(percent).epsilon(0.1));
        CHECK(narrow * 1.0 / draws == doctest::Approx(0.9).epsilon(0.02));
    }
}

TEST_CASE("a decider is asked instead of the bytes, and told what for") {
    std::vector<std::pair<Draw, std::uint64_t>> asked;
    Choices choices{[&asked](Draw draw, std::uint64_t bound) {
        asked.emplace_back(draw, bound);
        return bound - 1;
    }};
    CHECK(choices.below(7) == 6);
    CHECK(choices.chance(1));
    CHECK(choices.between(1ms, 2ms) == 2ms);
    CHECK(
        asked == std::vector<std::pair<Draw, std::uint64_t>>{
                     {Draw::number, 7}, {Draw::chance, 100}, {Draw::wait, 1'000'001}});
}

}  // namespace
}  // namespace sim
