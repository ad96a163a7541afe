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

bool is_of_type(const std::vector<std::string>& types, const Letter& letter) {
    return among(types, type_word(letter)) || (!letter.envelope.type && among(types, "unknown"));
}

struct Filter {
    std::string_view name;
    std::string value;
};

template <class Values>
void add_all(std::vector<Filter>& filters, std::string_view name, const Values& values) {
    if (!values.empty()) {
        filters.push_back({name, fmt::format("{}", fmt::join(values, ","))});
    }
}

void add_time(
    std::vector<Filter>& filters, std::string_view name, const std::optional<common::WallTime>& time) {
    if (time) {
        std::string text;
        append_rfc3339(text, *time);
        filters.push_back({name, std::move(text)});
    }
}

std::vector<Filter> filters_of(const Selection& selection) {
    std::vector<std::string_view> reasons;
    for (const DeadLetterReason reason : selection.reasons) {
        reasons.push_back(reason_name(reason));
    }
    std::vector<Filter> filters;
    add_all(filters, "reason", reasons);
    add_all(filters, "code", selection.codes);
    add_all(filters, "type", selection.types);
    add_all(filters, "app", selection.apps);
    add_all(filters, "account", selection.accounts);
    add_all(filters, "topic", selection.topics);
    add_all(filters, "event", selection.events);
    add_all(filters, "group", selection.groups);
    add_time(filters, "since", selection.since);
    add_time(filters, "until", selection.until);
    add_all(filters, "partition", selection.partitions);
    add_all(filters, "offset", selection.offsets);
    return filters;
}

}  // namespace

bool selects(const Selection& selection, const Letter& letter) {
    const common::WallTime failed = letter.last_failed.value_or(letter.since);
    return among(selection.reasons, letter.reason) && among(selection.codes, letter.error_code) &&
           is_of_type(selection.types, letter) && among(selection.apps, app_word(letter)) &&
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
    std::vector<Filter> filters = filters_of(selection);
    if (selection.replayed) {
        filters.push_back({"replayed", *selection.replayed ? "yes" : "no"});
    }
    std::string text;
    for (const auto& [name, value] : filters) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    }
    return text.empty() ? "everything" : text;
}

std::string flags_of(const Selection& selection) {
    std::string text;
    for (const auto& [name, value] : filters_of(selection)) {
        text += fmt::format("{}--{} {}", text.empty() ? "" : " ", name, value);
    }
    if (selection.replayed) {
        text += text.empty() ? "" : " ";
        text += *selection.replayed ? "--replayed" : "--never-replayed";
    }
    return text;
}

bool names_places(const Selection& selection) {
    return !selection.partitions.empty() && !selection.offsets.empty();
}

bool selects_everything(const Selection& selection) {
    return text_of(selection) == "everything";
}

}  // namespace core
