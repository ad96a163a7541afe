#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/core/planted.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/text.hpp"

namespace core {
namespace {

constexpr std::string_view ours = "dlq.";
constexpr std::string_view replay_count = "dlq.replay.count";

std::string written(common::WallTime time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

bool is_count(std::string_view text) noexcept {
    constexpr std::size_t digits_max = 9;
    return !text.empty() && text.size() <= digits_max &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The last one counts, should there be several: a replay appends. Anybody can produce records with such a
// header, so what is no number is not repeated in our name.
std::string replays_of(const Headers& headers) {
    const auto found = std::find_if(headers.rbegin(), headers.rend(), [](const Header& header) {
        return header.name == replay_count && header.value && is_count(*header.value);
    });
    return found == headers.rend() ? "0" : *found->value;
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
    letter.headers.reserve(original.headers.size() + 15);
    for (const Header& header : original.headers) {
        if (!facts.omit_key_and_headers && std::string_view{header.name}.substr(0, ours.size()) != ours) {
            letter.headers.push_back(header);
        }
    }
    const auto say = [&letter](std::string_view name, std::string value) {
        letter.headers.push_back({std::string{name}, std::move(value)});
    };
    say("dlq.original.topic", facts.from.topic);
    say("dlq.original.partition", std::to_string(facts.from.partition));
    say("dlq.original.offset", std::to_string(original.offset.value));
    say("dlq.original.timestamp", std::to_string(original.timestamp.time_since_epoch().count()));
    say("dlq.reason", std::string{reason_name(facts.reason)});
    say("dlq.error.code", facts.error_code);
    if (facts.http_status) {
        say("dlq.http.status", std::to_string(*facts.http_status));
    }
    say("dlq.attempts", std::to_string(facts.attempts));
    if (!facts.commands.empty()) {
        say("dlq.commands", fmt::format("{}", fmt::join(facts.commands, ",")));
    }
    if (facts.first_failed) {
        say("dlq.first.failed.at", written(*facts.first_failed));
    }
    say("dlq.last.failed.at", written(facts.last_failed));
    say("dlq.consumer.group", facts.consumer_group);
    say("dlq.worker.version", facts.worker_version);
    say(replay_count, replays_of(original.headers));
    if (facts.omit_value) {
        say("dlq.value.omitted", "too_large");
    }
    if (facts.omit_key_and_headers) {
        say("dlq.key.omitted", "too_large");
        say("dlq.headers.omitted", "too_large");
    }
    return letter;
}

std::string dead_letter_topic(
    std::string_view name_template, std::string_view source_topic, DeadLetterReason reason) {
    return topic_with(name_template, source_topic, reason_name(reason));
}

}  // namespace core
