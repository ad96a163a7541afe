#include "worker/app/doctor/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace app::doctor {

namespace {

std::size_t count(const Findings& findings, Verdict verdict) {
    return static_cast<std::size_t>(std::count_if(
        findings.begin(), findings.end(), [&](const Finding& each) { return each.verdict == verdict; }));
}

// Every line of a text, with the same margin.
std::string indented(std::string_view text, std::string_view margin) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += fmt::format("{}{}\n", margin, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::pass:
            return "pass";
        case Verdict::warn:
            return "warn";
        case Verdict::fail:
            return "FAIL";
        case Verdict::skip:
            return "skip";
    }
    return "";
}

bool fit(const Findings& findings) {
    return count(findings, Verdict::fail) == 0;
}

std::string text(const Findings& findings) {
    std::size_t widest = 0;
    for (const Finding& each : findings) {
        widest = std::max(widest, each.check.size());
    }
    std::string out;
    for (const Finding& each : findings) {
        out += fmt::format("{}  {:<{}}  {}\n", verdict_name(each.verdict), each.check, widest, each.sentence);
        out += indented(each.remedy, "        ");
    }
    return out + fmt::format(
                     "\n{} passed, {} warned, {} failed, {} skipped\n", count(findings, Verdict::pass),
                     count(findings, Verdict::warn), count(findings, Verdict::fail),
                     count(findings, Verdict::skip));
}

std::string json(const Findings& findings) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Finding& each : findings) {
        all.push_back(
            {{"verdict", each.verdict == Verdict::fail ? "fail" : verdict_name(each.verdict)},
             {"check", each.check},
             {"sentence", each.sentence},
             {"remedy", each.remedy}});
    }
    const nlohmann::ordered_json document{{"fit", fit(findings)}, {"findings", std::move(all)}};
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace app::doctor
