// Every random choice of a simulated world is drawn here and nowhere else, so that a run is its choices: the
// same bytes give the same run, on every compiler.
//
// The choices are a byte string. A seed stands for an endless one; a string that a fuzzer or the shrinker
// made goes on as zeros. All draws grow with their bytes, and zero is the calmest choice: nothing happens, at
// once, few of it. A world that is cut off or zeroed in places is therefore a smaller world.
//
// Threads: none; one world each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/prng.hpp"
#include "common/time.hpp"

namespace sim {

// What is asked for. A decider that is no byte string may treat them differently.
enum class Draw : std::uint8_t { number, chance, wait };

class Choices {
public:
    // Answers one draw with a value in [0, bound); bound is at least 2.
    using Decide = std::function<std::uint64_t(Draw draw, std::uint64_t bound)>;

    explicit Choices(std::uint64_t seed) noexcept : random_{seed}, endless_{true} {}
    explicit Choices(std::string bytes) noexcept : random_{0}, bytes_{std::move(bytes)} {}
    explicit Choices(Decide decide) noexcept : random_{0}, decide_{std::move(decide)} {}

    // Uniform in [0, bound); 0, without a draw, when there is nothing to choose.
    std::uint64_t below(std::uint64_t bound) { return answer(Draw::number, bound); }
    // Uniform in [least, most].
    std::size_t between(std::size_t least, std::size_t most) {
        return least + static_cast<std::size_t>(below(most - least + 1));
    }
    common::Duration between(common::Duration least, common::Duration most) {
        return least + wait_up_to(most - least);
    }
    // Nine draws of ten in the lowest twentieth, the rest above it: latencies as networks have them.
    common::Duration skewed(common::Duration least, common::Duration most);
    bool chance(unsigned percent) {
        return percent >= 100 || (percent > 0 && answer(Draw::chance, 100) >= 100 - percent);
    }
    template <class Value>
    const Value& one_of(const std::vector<Value>& values) {
        return values[static_cast<std::size_t>(below(values.size()))];
    }

    // The draw all others are made of.
    std::uint64_t answer(Draw draw, std::uint64_t bound);

    // How many choices were made: where two runs that should be equal part ways, these differ first.
    [[nodiscard]] std::uint64_t drawn() const noexcept { return drawn_; }
    // How many bytes they took, those past the end of the string included.
    [[nodiscard]] std::size_t bytes_read() const noexcept { return read_; }

private:
    common::Duration wait_up_to(common::Duration longest);
    std::uint64_t next_byte() noexcept;

    common::Prng random_;
    bool endless_ = false;
    std::uint64_t word_ = 0;  // of random_, what is left of it
    std::string bytes_;
    Decide decide_;
    std::size_t read_ = 0;
    std::uint64_t drawn_ = 0;
};

// The first `count` bytes that `seed` stands for.
[[nodiscard]] std::string bytes_of_seed(std::uint64_t seed, std::size_t count);

}  // namespace sim
