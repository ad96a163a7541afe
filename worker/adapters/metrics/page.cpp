#include "worker/adapters/metrics/page.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "common/invariant.hpp"

namespace metrics {
namespace {

prometheus::MetricType type_of(Kind kind) {
    switch (kind) {
        case Kind::counter:
            return prometheus::MetricType::Counter;
        case Kind::gauge:
            return prometheus::MetricType::Gauge;
        case Kind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

// What can be known of a label before anything happened; none for topics and partitions.
std::optional<std::vector<std::string>> known_values(Label label, const Names& names) {
    switch (label) {
        case Label::endpoint:
            return names.endpoints;
        case Label::version:
            return std::vector{names.version};
        default:
            return closed_values(label);
    }
}

// The label that comes and goes with the assignment is one that each sample adds once: no search.
bool grows(const Definition& definition) {
    return std::find(definition.labels.begin(), definition.labels.end(), Label::partition) !=
           definition.labels.end();
}

using Combinations = std::vector<std::vector<std::string>>;

bool has(const Definition& definition, Label label) {
    return std::find(definition.labels.begin(), definition.labels.end(), label) != definition.labels.end();
}

// A credential belongs to one API and makes some of the calls: these labels are no product of sets.
Combinations of_credentials(const Definition& definition, const Names& names) {
    Combinations all;
    for (const NamedCredential& one : names.credentials) {
        if (has(definition, Label::signer) && one.kind == core::CredentialKind::keyless) {
            continue;
        }
        const std::vector<std::string> known{std::string{core::api_name(core::api_of(one.kind))}, one.name};
        if (!has(definition, Label::action)) {
            all.push_back(known);
            continue;
        }
        for (const core::Action action : core::actions_of(one.kind)) {
            all.push_back(known);
            all.back().emplace_back(core::action_name(action));
        }
    }
    return all;
}

Combinations combinations(const Definition& definition, const Names& names) {
    const bool credentials = has(definition, Label::api);
    Combinations all = credentials ? of_credentials(definition, names) : Combinations{{}};
    for (const Label label : definition.labels) {
        const bool known = credentials && (label == Label::api || label == Label::credential ||
                                           label == Label::signer || label == Label::action);
        if (label == Label::none || known) {
            continue;
        }
        const auto values = known_values(label, names);
        if (!values) {
            return {};
        }
        Combinations longer;
        for (const auto& combination : all) {
            for (const std::string& value : *values) {
                longer.push_back(combination);
                longer.back().push_back(value);
            }
        }
        all = std::move(longer);
    }
    return all;
}

bool same_values(const prometheus::ClientMetric& series, const std::vector<std::string>& values) {
    return std::equal(
        series.label.begin(), series.label.end(), values.begin(), values.end(),
        [](const auto& label, const std::string& value) { return label.value == value; });
}

}  // namespace

Page::Page(const Names& names) {
    for (const Definition& definition : catalogue) {
        families_.push_back(
            {std::string{definition.name}, std::string{definition.help}, type_of(definition.kind), {}});
        for (const auto& values : combinations(definition, names)) {
            series(definition.metric, values);
        }
    }
}

prometheus::ClientMetric& Page::series(Metric metric, const std::vector<std::string>& labels) {
    const Definition& wanted = definition(metric);
    auto& all = families_[static_cast<std::size_t>(metric)].metric;
    if (!grows(wanted)) {
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& one) { return same_values(one, labels); });
        if (found != all.end()) {
            return *found;
        }
    }
    prometheus::ClientMetric& added = all.emplace_back();
    std::size_t at = 0;
    for (const Label label : wanted.labels) {
        if (label != Label::none) {
            INVARIANT(at < labels.size(), "a sample has a value for each label of its definition");
            added.label.push_back({std::string{label_name(label)}, labels[at++]});
        }
    }
    INVARIANT(at == labels.size(), "a sample has no more values than its definition has labels");
    return added;
}

void Page::set(Metric metric, const std::vector<std::string>& labels, double value) {
    prometheus::ClientMetric& one = series(metric, labels);
    if (definition(metric).kind == Kind::counter) {
        one.counter.value = value;
    } else {
        one.gauge.value = value;
    }
}

void Page::set(Metric metric, const std::vector<std::string>& labels, const common::Histogram& histogram) {
    auto& shown = series(metric, labels).histogram;
    shown.sample_count = histogram.count();
    shown.sample_sum = histogram.sum();
    shown.bucket.clear();
    std::uint64_t cumulated = 0;
    for (std::size_t at = 0; at < histogram.counts().size(); ++at) {
        cumulated += histogram.counts()[at];
        const bool last = at == histogram.bounds().size();
        shown.bucket.push_back(
            {cumulated, last ? std::numeric_limits<double>::infinity() : histogram.bounds()[at]});
    }
}

}  // namespace metrics
