#include "worker/core/letters/read_letter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/event/text.hpp"
#include "worker/core/settle/letter_headers.hpp"
#include "worker/core/settle/number_text.hpp"

namespace core {
namespace {

template <class Number>
std::optional<Number> number_in(const Headers& headers, std::string_view name) {
    const std::string* const text = last_header(headers, name);
    return text != nullptr ? read_number<Number>(*text) : std::nullopt;
}

std::string text_in(const Headers& headers, std::string_view name) {
    const std::string* const text = last_header(headers, name);
    return text != nullptr ? *text : std::string{};
}

std::optional<common::WallTime> time_in(const Headers& headers, std::string_view name) {
    const std::string* const text = last_header(headers, name);
    return text != nullptr ? parse_rfc3339(*text) : std::nullopt;
}

// Milliseconds since 1970; what no clock of ours can have shown is not believed.
std::optional<common::WallTime> original_time_in(const Headers& headers) {
    constexpr std::int64_t year_10000 = 253'402'300'800'000;
    const auto number = number_in<std::int64_t>(headers, letter_header::original_timestamp);
    return number && *number > 0 && *number < year_10000
               ? std::optional{common::WallTime{std::chrono::milliseconds{*number}}}
               : std::nullopt;
}

std::optional<DeadLetterReason> reason_in(const Headers& headers) {
    const std::string* const text = last_header(headers, letter_header::reason);
    for (const DeadLetterReason reason : dead_letter_reasons) {
        if (text != nullptr && *text == reason_name(reason)) {
            return reason;
        }
    }
    return std::nullopt;
}

std::optional<Position> original_in(const Headers& headers) {
    const auto partition = number_in<std::int32_t>(headers, letter_header::original_partition);
    const auto offset = number_in<std::int64_t>(headers, letter_header::original_offset);
    std::string topic = text_in(headers, letter_header::original_topic);
    if (topic.empty() || !partition || !offset) {
        return std::nullopt;
    }
    return Position{{std::move(topic), *partition}, Offset{*offset}};
}

std::string app_name(AppId app, const DecodeRules& rules) {
    const auto found = std::find_if(
        rules.apps.begin(), rules.apps.end(), [app](const auto& entry) { return entry.second == app; });
    return found == rules.apps.end() ? std::string{} : found->first;
}

// Whether it is an event by today's rules.
bool read_event(const Record& record, const DecodeRules& rules, Letter& letter) {
    Decoded decoded = decode(record, rules);
    if (const Event* const event = std::get_if<Event>(&decoded)) {
        letter.envelope = {event->id,          event->source, event->subject,
                           event->traceparent, event->type,   event->time};
        letter.app = app_name(event->app, rules);
        return true;
    }
    letter.envelope = std::move(std::get<Invalid>(decoded).envelope);
    letter.given = names_given(record);
    return false;
}

}  // namespace

std::string_view reason_word(std::optional<DeadLetterReason> reason) noexcept {
    return reason ? reason_name(*reason) : std::string_view{"unknown"};
}

std::string_view type_word(const Letter& letter) noexcept {
    if (letter.envelope.type) {
        return type_name(*letter.envelope.type);
    }
    return letter.given.type.empty() ? std::string_view{"unknown"} : std::string_view{letter.given.type};
}

std::string_view app_word(const Letter& letter) noexcept {
    return letter.app.empty() ? letter.given.app : letter.app;
}

LetterRead read_letter(const TopicPartition& topic, const Record& record, const DecodeRules& rules) {
    const Position place{topic, record.offset};
    const Headers& headers = record.headers;
    if (last_header(headers, letter_header::reason) == nullptr) {
        return NotALetter{place, fmt::format("it has no header {}", letter_header::reason)};
    }
    Letter letter;
    letter.place = place;
    letter.reason = reason_in(headers);
    if (!letter.reason) {
        letter.problem =
            fmt::format("its header {} is not invalid, rejected or exhausted", letter_header::reason);
    }
    if (auto original = original_in(headers)) {
        letter.original = std::move(*original);
    } else {
        letter.reason.reset();
        letter.problem = fmt::format(
            "its headers {}, partition and offset do not name a record", letter_header::original_topic);
    }
    letter.error_code = text_in(headers, letter_header::error_code);
    letter.http_status = number_in<int>(headers, letter_header::http_status);
    letter.attempts = number_in<int>(headers, letter_header::attempts).value_or(0);
    letter.commands = read_command_list(text_in(headers, letter_header::commands));
    letter.first_failed = time_in(headers, letter_header::first_failed);
    letter.last_failed = time_in(headers, letter_header::last_failed);
    letter.consumer_group = text_in(headers, letter_header::consumer_group);
    letter.worker_version = text_in(headers, letter_header::worker_version);
    const Lineage lineage = lineage_of(headers);
    letter.replays = lineage.replays;
    letter.replay_of = lineage.of;
    letter.origin = lineage.origin;
    if (letter.origin.empty() && !letter.original.partition.topic.empty()) {
        letter.origin = position_text(letter.original.partition, letter.original.offset);
    }
    letter.value_omitted = last_header(headers, letter_header::value_omitted) != nullptr;
    letter.key_omitted = last_header(headers, letter_header::key_omitted) != nullptr;
    const bool readable = read_event(record, rules, letter);
    // What an event says of its age counts only if the worker believed it: an invalid one may name any time.
    const bool believed = letter.reason ? *letter.reason != DeadLetterReason::invalid : readable;
    const auto original_time = original_time_in(headers);
    if (believed && letter.envelope.time) {
        letter.since = *letter.envelope.time;
    } else if (lineage.since) {
        letter.since = *lineage.since;
    } else {
        letter.since = original_time.value_or(record.timestamp);
    }
    return letter;
}

}  // namespace core
