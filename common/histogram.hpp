// Counts observations in fixed buckets, as a Prometheus histogram does: bucket i counts values <= bounds[i],
// the last one everything above. Cumulation is left to the exporter.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace common {

class Histogram {
public:
    // `bounds` must be ascending and outlive the histogram (they are constants).
    explicit Histogram(std::span<const double> bounds) : bounds_{bounds}, counts_(bounds.size() + 1) {}

    void observe(double value) noexcept {
        const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
        ++counts_[static_cast<std::size_t>(at)];
        ++count_;
        sum_ += value;
    }

    [[nodiscard]] std::span<const double> bounds() const noexcept { return bounds_; }
    [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept { return counts_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double sum() const noexcept { return sum_; }

private:
    std::span<const double> bounds_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

}  // namespace common
