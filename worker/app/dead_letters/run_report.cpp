#include "worker/app/dead_letters/run_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "worker/app/dead_letters/texts.hpp"

namespace app::dead_letters {
namespace {

std::string outcomes_text(const RunReport& report) {
    std::vector<std::string> parts;
    for (const core::Outcome outcome : core::outcomes) {
        const std::uint64_t count = report.tally.ended[static_cast<std::size_t>(outcome)];
        if (count == 0) {
            continue;
        }
        if (outcome == core::Outcome::dead_lettered) {
            parts.push_back(fmt::format("{} came back ({})", count, kinds_of(report.tally)));
            continue;
        }
        std::string name{core::outcome_name(outcome)};
        std::replace(name.begin(), name.end(), '_', ' ');
        parts.push_back(fmt::format("{} {}", count, name));
    }
    if (report.tally.waiting > 0) {
        parts.push_back(fmt::format(
            "{} not executed yet (for example {})", report.tally.waiting, plain(report.example_waiting)));
    }
    return parts.empty() ? "" : fmt::format(": {}", fmt::join(parts, ", "));
}

}  // namespace

std::string kinds_of(const core::Outcomes::Tally& tally) {
    std::string text;
    for (const auto& [kind, count] : tally.came_back_as) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", plain(kind));
        if (tally.came_back_as.size() > 1) {
            text += fmt::format(
                " {}", times_text(static_cast<int>(std::min<std::uint64_t>(count, 1'000'000'000))));
        }
    }
    return text;
}

bool receipts_run_ahead(const RunReport& report) {
    return report.action == "discard" && (report.uncommitted || report.failed > 0);
}

bool is_complete(const RunReport& report) {
    return !report.uncommitted && report.settled + report.elsewhere == report.selected &&
           report.refused.empty() && report.troubles.empty() && report.tally.waiting == 0 &&
           report.tally.came_back() == 0;
}

std::string words_of(const RunReport& report) {
    const bool replays = report.action == "replay";
    std::string text =
        fmt::format("{} of {} {}", report.settled, report.selected, replays ? "sent" : "discarded");
    if (report.with_receipts) {
        text += outcomes_text(report);
    } else if (replays) {
        text += "; receipts are switched off, so what became of them is not known";
    }
    if (report.elsewhere > 0) {
        text += fmt::format("; {} were settled by somebody else meanwhile", report.elsewhere);
    }
    if (report.failed > 0) {
        text += fmt::format("; {} were not taken by the brokers and stay open", report.failed);
    }
    if (report.uncommitted) {
        text += "; the last commit did not pass, so the last of them may be open again";
    }
    if (receipts_run_ahead(report)) {
        text +=
            "; receipts may say discarded of letters that stay open: repeat the discard, which repeats the "
            "same "
            "receipts";
    }
    if (report.full_partitions > 0) {
        text += fmt::format(
            "; in {} partitions too many islands are settled for the group to remember more: settle the "
            "oldest letters first, or all of them",
            report.full_partitions);
    }
    if (report.expired > 0) {
        text += fmt::format(
            "; up to {} had expired unsettled before the run: retention took them", report.expired);
    }
    for (const auto& [why, count] : report.refused) {
        text += fmt::format("; {} refused ({})", count, core::name_of(why));
    }
    return text;
}

std::string json_of(const RunReport& report) {
    nlohmann::ordered_json document{
        {"action", report.action},
        {"complete", is_complete(report)},
        {"selected", report.selected},
        {"settled", report.settled},
        {"settled_by_others", report.elsewhere},
        {"failed", report.failed},
        {"uncommitted", report.uncommitted},
        {"receipts_run_ahead", receipts_run_ahead(report)},
        {"full_partitions", report.full_partitions},
        {"expired_unsettled", report.expired},
        {"digest", report.digest},
        {"refused", nlohmann::ordered_json::object()}};
    for (const auto& [why, count] : report.refused) {
        document["refused"][std::string{core::name_of(why)}] = count;
    }
    if (report.with_receipts) {
        for (const core::Outcome outcome : core::outcomes) {
            document["outcomes"][std::string{core::outcome_name(outcome)}] =
                report.tally.ended[static_cast<std::size_t>(outcome)];
        }
        document["waiting"] = report.tally.waiting;
    }
    document["troubles"] = report.troubles;
    return document.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace app::dead_letters
