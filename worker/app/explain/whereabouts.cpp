#include "worker/app/explain/whereabouts.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace app::explain {

namespace {

using nlohmann::json;
using Sentences = std::vector<std::string>;

std::string text_at(const json& from, const char* name) {
    return from.at(name).get<std::string>();
}

std::string unread(const json& page, core::Offset offset) {
    const auto next = page.at("next_offset_read").get<std::int64_t>();
    return fmt::format(
        "not read yet: the worker reads on at offset {}{}{}", next,
        offset.value > next ? fmt::format(", {} before it", offset.value - next) : "",
        page.at("paused").get<bool>()
            ? "; the partition is paused, since as much as may be buffered is under way"
            : "");
}

// "attempt 3 of command 2 of 2"
std::string attempt_of(const json& lane, int attempt) {
    const auto commands = lane.at("commands").get<int>();
    return commands == 1
               ? fmt::format("attempt {}", attempt)
               : fmt::format(
                     "attempt {} of command {} of {}", attempt, lane.at("command").get<int>() + 1, commands);
}

std::string last_failure(const json& lane) {
    const std::string answer = text_at(lane, "last_answer");
    if (answer.empty()) {
        return {};
    }
    const json& status = lane.at("last_http_status");
    return fmt::format(
        "; the last one ended as {}{}, and {} of at most {} failures are its own", answer,
        status.is_null() ? "" : fmt::format(" (HTTP {})", status.get<int>()),
        lane.at("attempts_counted").get<int>(), lane.at("attempts_limit").get<int>());
}

// What the record at the front of the lane does; its turn has come unless something holds it.
std::string turn(const json& lane) {
    const int next = lane.at("attempts").get<int>() + 1;
    const json& flying = lane.at("in_flight_for_seconds");
    const json& retry = lane.at("retry_in_seconds");
    if (!flying.is_null()) {
        return fmt::format(
            "{} is in flight, for {:.1f} s now{}", attempt_of(lane, next), flying.get<double>(),
            last_failure(lane));
    }
    if (!retry.is_null()) {
        return fmt::format(
            "{} waits until {}, in {:.1f} s{}", attempt_of(lane, next), text_at(lane, "retry_at"),
            retry.get<double>(), last_failure(lane));
    }
    return fmt::format("{} is next{}", attempt_of(lane, next), last_failure(lane));
}

std::string held_by(const json& hold, const std::string& app) {
    const std::string by = text_at(hold, "by");
    const json& next = hold.at("next_try_in_seconds");
    const std::string until =
        next.is_null()
            ? std::string{"a probe is under way or due"}
            : fmt::format("until {}, in {:.1f} s", text_at(hold, "next_try_at"), next.get<double>());
    const std::string reason = text_at(hold, "reason");
    return fmt::format(
        "calls of this kind for {} are held: the {} is {}{} for {:.0f} s now, {}", app,
        by == "acceptance" ? "gate of rejections" : by, text_at(hold, "state"),
        reason.empty() ? "" : fmt::format(" ({})", reason), hold.at("closed_for_seconds").get<double>(),
        until);
}

void tell_lane(const json& lane, Sentences& told) {
    const auto ahead = lane.at("records_ahead").get<std::uint64_t>();
    const json& front = lane.at("front");
    if (ahead > 0) {
        told.push_back(
            front.is_null()
                ? std::string{"waiting behind an answer that its account still awaits for a partition that "
                              "was "
                              "given back"}
                : fmt::format(
                      "waiting behind {} of its account, the first of them {}",
                      ahead == 1 ? "1 record" : fmt::format("{} records", ahead), front.get<std::string>()));
    }
    if (front.is_null()) {
        return;
    }
    told.push_back(ahead > 0 ? "of that one, " + turn(lane) : turn(lane));
    const json& holds = lane.at("held_by");
    for (const json& hold : holds) {
        told.push_back(held_by(hold, text_at(lane, "credential")));
    }
    if (holds.empty() && lane.at("in_flight_for_seconds").is_null() &&
        lane.at("retry_in_seconds").is_null()) {
        told.emplace_back(
            "no gate or breaker holds it: it goes when the limits of requests in flight and a second let it "
            "through");
    }
}

Sentences told_by(const json& page, core::Offset offset) {
    const std::string stage = text_at(page, "stage");
    if (stage == "elsewhere") {
        return {"this worker does not own the partition now: ask the one that does"};
    }
    if (stage == "unread") {
        return {unread(page, offset)};
    }
    if (stage == "settled") {
        return {
            offset.value < page.at("committed_offset").get<std::int64_t>()
                ? "settled and committed: executed, dead-lettered or nothing to do; its receipt says which"
                : "settled, not committed yet; its receipt says how it ended"};
    }
    if (stage == "let_go") {
        return {"its partition is being given back: the next owner executes it"};
    }
    Sentences told;
    if (stage == "storing") {
        told.emplace_back(
            "its commands have ended: the broker has not acknowledged its dead letter or receipts");
    } else if (page.at("lane").is_null()) {
        told.emplace_back("under way");
    } else {
        tell_lane(page.at("lane"), told);
    }
    if (page.at("committable_offset") == offset.value) {
        told.emplace_back("the first of its partition that is not settled: commits wait for it");
    }
    return told;
}

}  // namespace

common::Result<std::vector<std::string>> whereabouts(
    std::string_view record_json, const core::Position& position) {
    const json page = json::parse(record_json, nullptr, false);
    try {
        if (page.at("record") == core::position_text(position.partition, position.offset)) {
            return told_by(page, position.offset);
        }
    } catch (const json::exception&) {
        // said below
    }
    return common::Error{"--admin-url: what answers there is not a worker of this version"};
}

}  // namespace app::explain
