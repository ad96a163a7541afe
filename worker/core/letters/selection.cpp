#include "worker/core/letters/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/letters/signature.hpp"
#include "worker/core/settle/text.hpp"

namespace core {
namespace {

template <class Value, class Wanted>
bool among(const std::vector<Value>& any_of, const Wanted& value) {
    return any_of.empty() || std::find(any_of.begin(), any_of.end(), value) != any_of.end();
}

void add(std::string& text, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    }
}

template <class Values>
void add_all(std::string& text, std::string_view name, const Values& values) {
    add(text, name, fmt::format("{}", fmt::join(values, ",")));
}

std::string written(const std::optional<common::WallTime>& time) {
    std::string text;
    if (time) {
        append_rfc3339(text, *time);
    }
    return text;
}

}  // namespace

bool selects(const Selection& selection, const Letter& letter) {
    const common::WallTime failed = letter.last_failed.value_or(letter.since);
    return among(selection.reasons, letter.reason) && among(selection.codes, letter.error_code) &&
           among(selection.types, type_word(letter)) && among(selection.apps, letter.app) &&
           among(selection.accounts, letter.envelope.subject) &&
           among(selection.topics, letter.original.partition.topic) &&
           among(selection.events, letter.envelope.id) &&
           (selection.groups.empty() || among(selection.groups, text_of(signature_of(letter)))) &&
           (!selection.since || failed >= *selection.since) &&
           (!selection.until || failed < *selection.until) &&
           among(selection.partitions, letter.place.partition.partition) &&
           among(selection.offsets, letter.place.offset.value) &&
           (!selection.replayed || *selection.replayed == (letter.replays > 0));
}

std::string text_of(const Selection& selection) {
    std::vector<std::string_view> reasons;
    for (const DeadLetterReason reason : selection.reasons) {
        reasons.push_back(reason_name(reason));
    }
    std::string text;
    add_all(text, "reason", reasons);
    add_all(text, "code", selection.codes);
    add_all(text, "type", selection.types);
    add_all(text, "app", selection.apps);
    add_all(text, "account", selection.accounts);
    add_all(text, "topic", selection.topics);
    add_all(text, "event", selection.events);
    add_all(text, "group", selection.groups);
    add(text, "since", written(selection.since));
    add(text, "until", written(selection.until));
    add_all(text, "partition", selection.partitions);
    add_all(text, "offset", selection.offsets);
    add(text, "replayed", selection.replayed ? (*selection.replayed ? "yes" : "no") : "");
    return text.empty() ? "everything" : text;
}

bool names_places(const Selection& selection) {
    return !selection.partitions.empty() && !selection.offsets.empty();
}

bool selects_everything(const Selection& selection) {
    return text_of(selection) == "everything";
}

std::string_view type_word(const Letter& letter) noexcept {
    return letter.envelope.type ? type_name(*letter.envelope.type) : std::string_view{"unknown"};
}

}  // namespace core
