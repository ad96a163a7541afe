// Makes the /metrics page from what the engine counted and what the other adapters report.
//
// Every combination of labels that can be known beforehand is on the page from the first scrape on, as 0: a
// rate over a series that has just appeared says "no data" exactly when something happened for the first
// time.
//
// Threads: one at a time; the caller holds still what it passes.
// Cost:    on demand, about 0.2 ms plus 3 us a partition; nothing between scrapes.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/histogram.hpp"
#include "worker/adapters/metrics/catalogue.hpp"
#include "worker/core/engine/stats.hpp"

namespace metrics {

// One value that neither core::Stats nor core::Status holds. app/ translates the adapters' counters to these.
struct Sample {
    Metric metric;
    std::vector<std::string> labels;  // values, in the order of the definition
    double value = 0;
};

inline constexpr std::array loop_turn_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                             0.01,   0.025,   0.05,   0.1,   0.25,   1.0};

struct NamedCredential {
    core::CredentialKind kind = core::CredentialKind::app;
    std::string name;
};

// What does not change while the process runs.
struct Names {
    std::string version;
    std::vector<NamedCredential> credentials;
    std::vector<std::string> endpoints;
};

struct Scrape {
    const core::Stats& stats;
    const core::Status& status;
    const common::Histogram& loop_turn;   // over loop_turn_bounds
    const common::Histogram& loop_delay;  // the same
    std::span<const Sample> others{};     // each series once
};

class Page;

class Exporter {
public:
    explicit Exporter(const Names& names);
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    // The text exposition format 0.0.4: content type "text/plain; version=0.0.4; charset=utf-8".
    [[nodiscard]] std::string render(const Scrape& scrape) const;

private:
    std::unique_ptr<const Page> empty_;  // all zeros
};

}  // namespace metrics
