#include "tests/bench/figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/invariant.hpp"

namespace bench {
namespace {

std::string rounded(double value) {
    if (value >= 1000) {
        return fmt::format("{:.0f}", value);
    }
    return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

double median(std::vector<double> values) {
    INVARIANT(!values.empty(), "a figure has at least one round");
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void Figures::add(
    const std::string& name, const std::vector<double>& rounds, const std::string& unit,
    std::optional<Target> target) {
    const double value = median(rounds);
    nlohmann::json line{
        {"name", name}, {"value", value}, {"unit", unit}, {"target", nullptr}, {"ok", nullptr}};
    std::string verdict;
    if (target) {
        const bool at_least = target->side == Target::Side::at_least;
        const bool ok = at_least ? value >= target->bound : value <= target->bound;
        const std::string wanted = fmt::format("{} {}", at_least ? ">=" : "<=", rounded(target->bound));
        line["target"] = wanted;
        line["ok"] = ok;
        missed_ += ok ? 0 : 1;
        verdict = fmt::format("target {} {}", wanted, ok ? "ok" : "MISSED");
    }
    std::vector<std::string> all;
    for (const double round : rounds) {
        all.push_back(rounded(round));
    }
    fmt::print(
        "{:<34} {:>9} {:<22} {:<24} rounds {}\n", name, rounded(value), unit, verdict, fmt::join(all, " "));
    std::fflush(stdout);
    std::ofstream{file_, std::ios::app} << line.dump() << '\n';
}

}  // namespace bench
