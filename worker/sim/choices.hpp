// Every random choice of a simulated world is drawn here and nowhere else, so that a run is its choices: the
// same seed gives the same run.
//
// All draws go through below(); a byte string that a fuzzer shrinks can stand in for the seed there.
#pragma once

#include <cstdint>
#include <vector>

#include "common/prng.hpp"
#include "common/time.hpp"

namespace sim {

class Choices {
public:
    explicit Choices(std::uint64_t seed) noexcept : random_{seed} {}

    // Uniform in [0, bound); 0 when bound is 0.
    std::uint64_t below(std::uint64_t bound) noexcept {
        ++drawn_;
        return random_.below(bound);
    }
    // Uniform in [least, most].
    std::size_t between(std::size_t least, std::size_t most) noexcept {
        return least + static_cast<std::size_t>(below(most - least + 1));
    }
    common::Duration between(common::Duration least, common::Duration most) noexcept {
        return least + common::Duration{static_cast<common::Duration::rep>(
                           below(static_cast<std::uint64_t>((most - least).count()) + 1))};
    }
    // Most draws near `least`, a few near `most`: latencies as networks have them.
    common::Duration skewed(common::Duration least, common::Duration most) noexcept {
        const common::Duration narrow = between(least, most);
        return chance(10) ? narrow : least + (narrow - least) / 20;
    }
    bool chance(unsigned percent) noexcept { return below(100) < percent; }
    template <class Value>
    const Value& one_of(const std::vector<Value>& values) noexcept {
        return values[static_cast<std::size_t>(below(values.size()))];
    }

    // How many choices were made: where two runs that should be equal part ways, these differ first.
    [[nodiscard]] std::uint64_t drawn() const noexcept { return drawn_; }

private:
    common::Prng random_;
    std::uint64_t drawn_ = 0;
};

}  // namespace sim
