#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/core/planted.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/letter_headers.hpp"
#include "worker/core/settle/lineage.hpp"
#include "worker/core/settle/text.hpp"

namespace core {
namespace {

std::string written(common::WallTime time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

std::string topic_with(std::string_view name_template, std::string_view topic, std::string_view reason) {
    constexpr std::string_view topic_place = "{topic}";
    constexpr std::string_view reason_place = "{reason}";
    std::string name;
    while (!name_template.empty()) {
        if (name_template.substr(0, topic_place.size()) == topic_place) {
            name += topic;
            name_template.remove_prefix(topic_place.size());
        } else if (name_template.substr(0, reason_place.size()) == reason_place) {
            name += reason;
            name_template.remove_prefix(reason_place.size());
        } else {
            name += name_template.front();
            name_template.remove_prefix(1);
        }
    }
    return name;
}

}  // namespace

std::string_view reason_name(DeadLetterReason reason) noexcept {
    constexpr std::array<std::string_view, dead_letter_reasons.size()> names{
        "invalid", "rejected", "exhausted"};
    return names[static_cast<std::size_t>(reason)];
}

OutgoingRecord dead_letter(const Record& original, std::string topic, const DeadLetterFacts& facts) {
    OutgoingRecord letter{
        std::move(topic),
        facts.omit_key_and_headers || planted(Bug::letter_without_key) ? std::nullopt : original.key,
        facts.omit_value ? std::nullopt : original.value,
        {},
        original.timestamp};
    const Lineage& lineage = facts.lineage;
    letter.headers.reserve(original.headers.size() + 16);
    for (const Header& header : original.headers) {
        if (!facts.omit_key_and_headers &&
            std::string_view{header.name}.substr(0, letter_header::prefix.size()) != letter_header::prefix) {
            letter.headers.push_back(header);
        }
    }
    const auto say = [&letter](std::string_view name, std::string value) {
        letter.headers.push_back({std::string{name}, std::move(value)});
    };
    say(letter_header::original_topic, facts.from.topic);
    say(letter_header::original_partition, std::to_string(facts.from.partition));
    say(letter_header::original_offset, std::to_string(original.offset.value));
    say(letter_header::original_timestamp, std::to_string(original.timestamp.time_since_epoch().count()));
    say(letter_header::reason, std::string{reason_name(facts.reason)});
    say(letter_header::error_code, facts.error_code);
    if (facts.http_status) {
        say(letter_header::http_status, std::to_string(*facts.http_status));
    }
    say(letter_header::attempts, std::to_string(facts.attempts));
    if (!facts.commands.empty()) {
        say(letter_header::commands, fmt::format("{}", fmt::join(facts.commands, ",")));
    }
    if (facts.first_failed) {
        say(letter_header::first_failed, written(*facts.first_failed));
    }
    say(letter_header::last_failed, written(facts.last_failed));
    say(letter_header::consumer_group, facts.consumer_group);
    say(letter_header::worker_version, facts.worker_version);
    say(letter_header::replay_count, std::to_string(lineage.replays));
    if (!lineage.of.empty() && !planted(Bug::ancestor_lost)) {
        say(letter_header::replay_of, lineage.of);
    }
    if (!lineage.origin.empty()) {
        say(letter_header::replay_origin, lineage.origin);
    }
    if (lineage.since) {
        say(letter_header::owed_since, written(*lineage.since));
    }
    if (facts.omit_value) {
        say(letter_header::value_omitted, "too_large");
    }
    if (facts.omit_key_and_headers) {
        say(letter_header::key_omitted, "too_large");
        say(letter_header::headers_omitted, "too_large");
    }
    return letter;
}

std::string dead_letter_topic(
    std::string_view name_template, std::string_view source_topic, DeadLetterReason reason) {
    return topic_with(name_template, source_topic, reason_name(reason));
}

}  // namespace core
