// Every figure is a printed line and a line of build/bench/results.jsonl:
//   {"name": "nginx.ratio", "value": 0.93, "unit": "of h2load", "target": ">= 0.9", "ok": true}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Target {
    enum class Side : unsigned char { at_least, at_most } side = Side::at_least;
    double bound = 0;
};
[[nodiscard]] inline Target at_least(double bound) {
    return {Target::Side::at_least, bound};
}
[[nodiscard]] inline Target at_most(double bound) {
    return {Target::Side::at_most, bound};
}

// The middle one; of an even number, the lower of the two.
[[nodiscard]] double median(std::vector<double> values);

class Figures {
public:
    explicit Figures(std::filesystem::path file) : file_{std::move(file)} {}

    // The median is what counts; all rounds are printed. No target: for information.
    void add(
        const std::string& name, const std::vector<double>& rounds, const std::string& unit,
        std::optional<Target> target = {});

    [[nodiscard]] int missed() const noexcept { return missed_; }

private:
    std::filesystem::path file_;
    int missed_ = 0;
};

}  // namespace bench
