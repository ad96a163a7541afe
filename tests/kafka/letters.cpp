#include "tests/kafka/letters.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

using Position = std::pair<std::int32_t, std::int64_t>;

bool is_ours(const core::Header& header) {
    return header.name.starts_with("dlq.");
}

std::string header_of(const core::Record& record, std::string_view name) {
    for (const core::Header& header : record.headers) {
        if (header.name == name) {
            return header.value.value_or("");
        }
    }
    throw Failed{fmt::format("a dead letter has no header {}", name)};
}

void require_original(const core::Record& letter, const core::Record& original, const std::string& where) {
    core::Headers headers = letter.headers;
    std::erase_if(headers, is_ours);
    require(letter.key == original.key, where + ": the dead letter has another key");
    require(letter.value == original.value, where + ": the dead letter has another value");
    require(headers == original.headers, where + ": the dead letter has other headers");
    require(letter.timestamp == original.timestamp, where + ": the dead letter has another timestamp");
}

void look_at_headers(Scene& scene, const core::Record& letter) {
    for (const core::Header& header : letter.headers) {
        scene.traces().look_at("a header of a dead letter", header.name + "=" + header.value.value_or(""));
    }
}

}  // namespace

std::size_t require_dead_letters(Scene& scene, const History& history, Repeats repeats) {
    std::map<Position, core::Record> sent;
    for (ReadRecord& each : scene.cluster().read(scene.source_topic())) {
        sent[{each.partition, each.record.offset.value}] = std::move(each.record);
    }
    require(sent.size() == history.events.size(), "the source topic does not hold what was sent");

    std::map<std::string, std::size_t> stored;  // by key
    for (const SentEvent& event : history.events) {
        if (!event.valid) {
            stored[event.key] = 0;
        }
    }
    std::size_t again = 0;
    for (const ReadRecord& each : scene.cluster().read(scene.dead_letter_topic())) {
        const core::Record& letter = each.record;
        look_at_headers(scene, letter);
        const Position position{
            static_cast<std::int32_t>(std::atol(header_of(letter, "dlq.original.partition").c_str())),
            std::atoll(header_of(letter, "dlq.original.offset").c_str())};
        const std::string where =
            fmt::format("{}[{}]@{}", scene.source_topic(), position.first, position.second);
        const auto found = sent.find(position);
        require(found != sent.end(), where + ": a dead letter names a position that does not exist");
        require_original(letter, found->second, where);
        require(header_of(letter, "dlq.original.topic") == scene.source_topic(), where + ": another topic");
        require(header_of(letter, "dlq.reason") == "invalid", where + ": the reason is not `invalid`");
        const auto times = stored.find(letter.key.value_or(""));
        require(times != stored.end(), where + ": a dead letter of a valid event");
        require(times->second == 0 || repeats == Repeats::some, where + ": a second dead letter");
        again += times->second++ > 0 ? 1 : 0;
    }
    for (const auto& [key, times] : stored) {
        require(times > 0, key + " has no dead letter");
    }
    return again;
}

void require_receipts(Scene& scene, const History& history, Repeats repeats) {
    std::multiset<std::string> expected;
    std::set<std::string> ids;
    std::size_t invalid = 0;
    for (const SentEvent& event : history.events) {
        invalid += event.valid ? 0 : 1;
        if (event.valid && event.demands.empty()) {
            expected.insert(event.id + " nothing_to_do");
        }
        for (std::size_t i = 0; i < event.demands.size(); ++i) {
            expected.insert(fmt::format("{} {}", event.id, i));
        }
    }
    for (const ReadRecord& each : scene.cluster().read(scene.receipts_topic())) {
        const std::string text = each.record.value.value_or("");
        scene.traces().look_at("a receipt", text);
        const nlohmann::json receipt = nlohmann::json::parse(text);
        const bool again = !ids.insert(receipt.at("id")).second;
        require(!again || repeats == Repeats::some, "a second receipt: " + text);
        if (again) {
            continue;
        }
        const nlohmann::json& data = receipt.at("data");
        const std::string outcome = data.at("outcome");
        if (outcome == "dead_lettered") {
            require(invalid > 0 && data.at("reason") == "invalid", "an unexpected receipt: " + text);
            --invalid;
            continue;
        }
        const std::string id = data.at("event").at("id");
        const std::string what = data.contains("command")
                                     ? fmt::format("{} {}", id, data.at("command").at("index").get<int>())
                                     : fmt::format("{} {}", id, outcome);
        const auto found = expected.find(what);
        require(found != expected.end(), "an unexpected receipt:  " + text);
        expected.erase(found);
    }
    require(
        expected.empty() && invalid == 0,
        fmt::format(
            "{} receipts of commands and {} of invalid events are missing", expected.size(), invalid));
}

}  // namespace lane
