#include "worker/core/letters/doubts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>

namespace core {
namespace {

template <class Values, class Value>
bool has(const Values& values, const Value& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

// REASON/CODE/TYPE/APP/TOPIC; the names between may hold slashes themselves.
bool looks_like_signature(const std::string& group) {
    const std::string_view reason = std::string_view{group}.substr(0, group.find('/'));
    const bool known = reason == reason_word(std::nullopt) ||
                       std::any_of(dead_letter_reasons.begin(), dead_letter_reasons.end(), [&](auto each) {
                           return reason_name(each) == reason;
                       });
    return known && std::count(group.begin(), group.end(), '/') >= 4;
}

std::vector<std::string> type_words() {
    std::vector<std::string> words;
    words.reserve(event_types.size() + 1);
    for (const EventType type : event_types) {
        words.emplace_back(type_name(type));
    }
    words.emplace_back("unknown");
    return words;
}

template <class Values>
std::vector<std::string> unknown_of(const std::vector<std::string>& values, const Values& known) {
    std::vector<std::string> unknown;
    std::copy_if(values.begin(), values.end(), std::back_inserter(unknown), [&](const std::string& value) {
        return !has(known, value);
    });
    return unknown;
}

}  // namespace

std::vector<std::string> contradictions(const Selection& selection, const KnownNames& known) {
    std::vector<std::string> all;
    if (selection.since && selection.until && *selection.since >= *selection.until) {
        all.emplace_back("--since is not before --until, so nothing lies between them");
    }
    for (const std::int32_t partition : selection.partitions) {
        if (partition < 0 || partition >= known.partitions) {
            all.push_back(fmt::format(
                "--partition {}: the dead-letter topics have the partitions 0 to {}", partition,
                known.partitions - 1));
        }
    }
    for (const std::int64_t offset : selection.offsets) {
        if (offset < 0 || offset >= known.end) {
            all.push_back(fmt::format(
                "--offset {}: {}", offset,
                known.end == 0 ? "the dead-letter topics are empty"
                               : fmt::format("the last one of all partitions is {}", known.end - 1)));
        }
    }
    return all;
}

Doubts::Doubts(const Selection& selection, const KnownNames& known) {
    doubt(
        Name::app, unknown_of(selection.apps, known.apps),
        fmt::format("configured are {}", fmt::join(known.apps, ", ")));
    doubt(
        Name::topic, unknown_of(selection.topics, known.topics),
        fmt::format("the worker reads {} (a source topic is meant)", fmt::join(known.topics, ", ")));
    const std::vector<std::string> types = type_words();
    doubt(
        Name::type, unknown_of(selection.types, types), fmt::format("there are {}", fmt::join(types, ", ")));
    doubt(
        Name::code, unknown_of(selection.codes, known.codes),
        "there is no such error code; `list` shows those of today");
    for (const std::string& group : selection.groups) {
        if (!looks_like_signature(group)) {
            groups_.push_back(
                fmt::format("--group {}: it is no line of `list`, REASON/CODE/TYPE/APP/TOPIC", group));
        }
    }
}

void Doubts::doubt(Name name, const std::vector<std::string>& values, const std::string& known) {
    for (const std::string& value : values) {
        names_.push_back({name, value, known});
    }
}

bool Doubts::says(const Letter& letter, const Doubt& doubt) {
    switch (doubt.name) {
        case Name::app:
            return app_word(letter) == doubt.value;
        case Name::topic:
            return letter.original.partition.topic == doubt.value;
        case Name::type:
            return type_word(letter) == doubt.value;
        case Name::code:
            break;
    }
    return letter.error_code == doubt.value;
}

void Doubts::saw(const Letter& letter) {
    std::erase_if(names_, [&](const Doubt& doubt) { return says(letter, doubt); });
}

std::vector<std::string> Doubts::sentences() const {
    constexpr std::array<std::string_view, 4> options{"--app", "--topic", "--type", "--code"};
    std::vector<std::string> all;
    for (const Doubt& doubt : names_) {
        all.push_back(fmt::format(
            "{} {}: no dead letter here says so, and {}", options[static_cast<std::size_t>(doubt.name)],
            doubt.value, doubt.known));
    }
    all.insert(all.end(), groups_.begin(), groups_.end());
    return all;
}

}  // namespace core
