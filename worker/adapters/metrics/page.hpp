// The families of one scrape while they are being filled. Private to this folder: it shows the library's
// types.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <string>
#include <vector>

#include "common/histogram.hpp"
#include "worker/adapters/metrics/catalogue.hpp"
#include "worker/adapters/metrics/exporter.hpp"

namespace metrics {

class Page {
public:
    explicit Page(const Names& names);

    // Sets one series; it is added when the label values are new.
    void set(Metric metric, const std::vector<std::string>& labels, double value);
    void set(Metric metric, const std::vector<std::string>& labels, const common::Histogram& histogram);
    void set(Metric metric, double value) { set(metric, {}, value); }

    // In the order of the catalogue.
    [[nodiscard]] const std::vector<prometheus::MetricFamily>& families() const noexcept { return families_; }

private:
    prometheus::ClientMetric& series(Metric metric, const std::vector<std::string>& labels);

    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace metrics
