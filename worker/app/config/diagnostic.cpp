#include "worker/app/config/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace app {

namespace {

constexpr std::size_t quoted_chars_max = 60;

std::string place(const Report& report, const Diagnostic& diagnostic) {
    const Origin& origin = diagnostic.origin;
    if (!origin.variable.empty()) {
        return origin.variable;
    }
    if (origin.line == 0) {
        return report.file;
    }
    return fmt::format("{}:{}:{}", report.file, origin.line, origin.column);
}

// What a library or the file itself wrote does not get to command the terminal.
std::string visible(std::string_view text) {
    std::string shown;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            shown += fmt::format("\\x{:02x}", byte);
        } else {
            shown += c;
        }
    }
    return shown;
}

std::string_view name_of(Gravity gravity) {
    switch (gravity) {
        case Gravity::error:
            return "error";
        case Gravity::warning:
            return "warning";
        case Gravity::skipped:
            break;
    }
    return "skipped";
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string verdict(const Report& report) {
    const std::size_t errors = report.count(Gravity::error);
    const std::size_t warnings = report.count(Gravity::warning);
    const std::size_t skipped = report.count(Gravity::skipped);
    const std::string also = skipped == 0 ? "" : ", " + counted(skipped, "file") + " skipped";
    if (errors == 0) {
        // Nothing is promised about what nobody looked at.
        return fmt::format(
            "{}{}; the worker would start{}\n", warnings == 0 ? "no problems" : counted(warnings, "warning"),
            also, skipped == 0 ? "" : ", provided that they are as they must be");
    }
    return fmt::format(
        "{}{}{}; the worker would not start\n", counted(errors, "error"),
        warnings == 0 ? "" : ", " + counted(warnings, "warning"), also);
}

}  // namespace

std::size_t Report::count(Gravity gravity) const {
    return static_cast<std::size_t>(std::count_if(
        diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& d) { return d.gravity == gravity; }));
}

std::string render(const Report& report) {
    std::vector<const Diagnostic*> sorted;
    for (const Diagnostic& diagnostic : report.diagnostics) {
        sorted.push_back(&diagnostic);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* left, const Diagnostic* right) {
        const auto order = [](const Origin& o) {
            return std::tuple{!o.variable.empty(), o.line, o.column, std::string_view{o.variable}};
        };
        return order(left->origin) < order(right->origin);
    });
    std::string text;
    for (const Diagnostic* diagnostic : sorted) {
        text += place(report, *diagnostic) + ": ";
        text += diagnostic->key.empty() ? "" : visible(diagnostic->key) + ": ";
        text += fmt::format("{}: {}\n", name_of(diagnostic->gravity), visible(diagnostic->problem));
        text += diagnostic->expected.empty() ? "" : "    expected " + visible(diagnostic->expected) + "\n";
        text += diagnostic->remedy.empty() ? "" : "    try      " + visible(diagnostic->remedy) + "\n";
    }
    return text + verdict(report);
}

std::string quoted(std::string_view text) {
    std::string shown = "'";
    for (const char c : text.substr(0, quoted_chars_max)) {
        shown += c == '\'' ? "\\x27" : visible({&c, 1});
    }
    return shown + (text.size() > quoted_chars_max ? "…'" : "'");
}

}  // namespace app
