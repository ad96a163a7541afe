#include "worker/sim/world/choices.hpp"

#include <algorithm>

#include "common/invariant.hpp"

namespace sim {

namespace {

constexpr unsigned bytes_a_word = 8;

__extension__ using Wide = unsigned __int128;  // NOLINT(readability-identifier-naming)

// The smallest count of bytes with at least two strings for each value.
unsigned bytes_for(std::uint64_t bound) {
    unsigned count = 1;
    while (count < bytes_a_word && (std::uint64_t{1} << (8 * count)) / 2 < bound) {
        ++count;
    }
    return count;
}

}  // namespace

std::uint64_t Choices::next_byte() noexcept {
    const std::size_t at = read_++;
    if (!endless_) {
        return at < bytes_.size() ? static_cast<unsigned char>(bytes_[at]) : 0;
    }
    if (at % bytes_a_word == 0) {
        word_ = random_.bits();
    }
    return (word_ >> (8 * (at % bytes_a_word))) & 0xFFU;
}

std::uint64_t Choices::answer(Draw draw, std::uint64_t bound) {
    if (bound <= 1) {
        return 0;
    }
    ++drawn_;
    if (decide_) {
        const std::uint64_t value = decide_(draw, bound);
        INVARIANT(value < bound, "a decider answered with what was not asked for");
        return value;
    }
    const unsigned count = bytes_for(bound);
    std::uint64_t high = 0;  // the bytes as a fraction of 2^64, the first one weighing most
    for (unsigned byte = 0; byte < count; ++byte) {
        high |= next_byte() << (64 - 8 * (byte + 1));
    }
    return static_cast<std::uint64_t>((Wide{high} * bound) >> 64U);
}

common::Duration Choices::wait_up_to(common::Duration longest) {
    return common::Duration{static_cast<common::Duration::rep>(
        answer(Draw::wait, static_cast<std::uint64_t>(longest.count()) + 1))};
}

common::Duration Choices::skewed(common::Duration least, common::Duration most) {
    const common::Duration span = most - least;
    const common::Duration drawn = wait_up_to(span);
    const common::Duration edge = span / 10 * 9;
    return least + (drawn <= edge ? drawn / 18 : std::min(span, span / 20 + (drawn - edge) * 19 / 2));
}

std::string bytes_of_seed(std::uint64_t seed, std::size_t count) {
    common::Prng random{seed};
    std::string bytes;
    bytes.reserve(count);
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < count; ++at) {
        if (at % bytes_a_word == 0) {
            word = random.bits();
        }
        bytes += static_cast<char>((word >> (8 * (at % bytes_a_word))) & 0xFFU);
    }
    return bytes;
}

}  // namespace sim
