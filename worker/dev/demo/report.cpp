#include "worker/dev/demo/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dev {

namespace {

double percentile(std::vector<double> seconds, double share) {
    if (seconds.empty()) {
        return 0;
    }
    std::sort(seconds.begin(), seconds.end());
    const auto at = static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1));
    return seconds[at];
}

std::uint64_t count(const TypeTally& type, const char* outcome) {
    const auto found = type.outcomes.find(outcome);
    return found == type.outcomes.end() ? 0 : found->second;
}

}  // namespace

std::string report(const Tally& tally) {
    std::string text = fmt::format(
        "{:<27} {:>8} {:>8} {:>7} {:>9} {:>5} {:>8} {:>6} {:>6}\n", "commands by event type", "executed",
        "probably", "already", "not found", "dead", "attempts", "p50 s", "p99 s");
    for (const auto& [name, type] : tally.by_type()) {
        text += fmt::format(
            "{:<27} {:>8} {:>8} {:>7} {:>9} {:>5} {:>8} {:>6.2f} {:>6.2f}\n", name, count(type, "executed"),
            count(type, "probably_executed"), count(type, "already_so"), count(type, "not_found"),
            count(type, "dead_lettered"), type.attempts, percentile(type.seconds, 0.5),
            percentile(type.seconds, 0.99));
    }
    text += "\ndead letters by reason and code\n";
    for (const auto& [reason, letters] : tally.dead_letters_by_reason()) {
        text += fmt::format("{:<50} {:>6}\n", reason, letters);
    }
    return text;
}

}  // namespace dev
