#include "worker/adapters/metrics/catalogue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>

using metrics::catalogue;
using metrics::Definition;
using metrics::Kind;
using metrics::Label;

namespace {

bool word_of_a_name(std::string_view name, std::string_view word) {
    return ("_" + std::string{name} + "_").find("_" + std::string{word} + "_") != std::string::npos;
}

}  // namespace

TEST_CASE("every series is named as Prometheus wants it: prefix, base unit, _total for counters alone") {
    std::set<std::string_view> seen;
    for (const Definition& one : catalogue) {
        const std::string name{one.name};
        CAPTURE(name);
        CHECK(seen.insert(one.name).second);
        CHECK((name.starts_with("autosignin_") || name.starts_with("process_")));
        CHECK(std::all_of(name.begin(), name.end(), [](unsigned char letter) {
            return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '_';
        }));
        CHECK(name.find("__") == std::string::npos);
        CHECK(name.ends_with("_total") == (one.kind == Kind::counter));
        for (const char* reserved : {"count", "sum", "bucket"}) {
            CHECK_FALSE(name.ends_with(std::string{"_"} + reserved));
        }
        for (const char* unit :
             {"ms", "milliseconds", "us", "minutes", "hours", "kb", "mb", "kilobytes", "percent"}) {
            CHECK_FALSE(word_of_a_name(name, unit));
        }
        for (const char* unit : {"seconds", "bytes"}) {
            if (word_of_a_name(name, unit)) {
                CHECK(
                    (name.ends_with(std::string{"_"} + unit) ||
                     name.ends_with(std::string{"_"} + unit + "_total")));
            }
        }
        if (one.kind == Kind::histogram) {
            CHECK(name.ends_with("_seconds"));
        }
    }
}

TEST_CASE("every help text is a sentence or two that a person on call can use") {
    for (const Definition& one : catalogue) {
        const std::string help{one.help};
        CAPTURE(std::string{one.name});
        CHECK(help.size() >= 15);
        CHECK(help.size() <= 160);
        CHECK((std::isupper(static_cast<unsigned char>(help.front())) != 0 || help.front() == '1'));
        CHECK(help.back() == '.');
        CHECK(help.find('\n') == std::string::npos);
        CHECK(help.find('|') == std::string::npos);  // the README shows it in a table
    }
}

TEST_CASE("labels are filled from the left, named, and closed or bounded") {
    for (const Definition& one : catalogue) {
        CAPTURE(std::string{one.name});
        CHECK((one.labels[0] != Label::none || one.labels[1] == Label::none));
        for (const Label label : one.labels) {
            if (label == Label::none) {
                continue;
            }
            CHECK_FALSE(metrics::label_name(label).empty());
            if (const auto values = metrics::closed_values(label)) {
                CHECK(values->size() >= 2);
                CHECK(std::set<std::string>(values->begin(), values->end()).size() == values->size());
                for (const std::string& value : *values) {
                    CHECK_FALSE(value.empty());
                }
            } else {
                const std::set bounded{Label::api,       Label::credential,  Label::signer,
                                       Label::endpoint,  Label::certificate, Label::topic,
                                       Label::partition, Label::version};
                CHECK(bounded.contains(label));
            }
        }
        CHECK(
            (one.labels[1] == Label::none ||
             metrics::label_name(one.labels[0]) != metrics::label_name(one.labels[1])));
    }
}

TEST_CASE("the table for the README has one row a series") {
    const std::string table = metrics::catalogue_markdown();
    CHECK(
        table.find("| `autosignin_events_settled_total` | counter | `type`, `outcome` | Events for which") !=
        std::string::npos);
    CHECK(
        table.find("| `autosignin_records_total` | counter |  | Records received from Kafka. |\n") !=
        std::string::npos);
    CHECK(static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n')) == catalogue.size() + 2);
}
