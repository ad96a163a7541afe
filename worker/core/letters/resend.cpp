#include "worker/core/letters/resend.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/planted.hpp"
#include "worker/core/settle/letter_headers.hpp"
#include "worker/core/settle/text.hpp"

namespace core {

std::string_view name_of(Unsendable why) noexcept {
    switch (why) {
        case Unsendable::value_omitted:
            return "value_omitted";
        case Unsendable::key_omitted:
            return "key_omitted";
        case Unsendable::too_often:
            return "too_often";
        case Unsendable::no_partition:
            return "no_partition";
        case Unsendable::not_understood:
            return "not_understood";
        case Unsendable::foreign_topic:
            break;
    }
    return "foreign_topic";
}

std::string_view remedy(Unsendable why) noexcept {
    switch (why) {
        case Unsendable::value_omitted:
            return "the broker took the original only without its value, so there is nothing to send: ask "
                   "the "
                   "account system for the event again, then discard this one with --superseded-by";
        case Unsendable::key_omitted:
            return "the broker took the original only without its key, so its place in the account's order "
                   "is "
                   "lost: ask the account system for the event again, then discard this one with "
                   "--superseded-by";
        case Unsendable::too_often:
            return "it came back from every replay so far: find out why, then raise --replays-max or discard "
                   "it";
        case Unsendable::no_partition:
            return "its source topic was made again with fewer partitions, so its place in the account's "
                   "order is "
                   "lost: ask the account system for the event again, then discard this one with "
                   "--superseded-by";
        case Unsendable::not_understood:
            return "a newer version wrote it, or its headers are damaged, so what it owes is not known here: "
                   "use "
                   "the version that wrote it, or discard it by its place with --partition and --offset";
        case Unsendable::foreign_topic:
            break;
    }
    return "its source topic is not among kafka.topics, so no worker of this configuration would read it: "
           "use the "
           "configuration of the worker that wrote it";
}

std::optional<Unsendable> unsendable(const Letter& letter, const ResendRules& rules) {
    if (!letter.reason) {
        return Unsendable::not_understood;
    }
    if (std::find(rules.topics.begin(), rules.topics.end(), letter.original.partition.topic) ==
        rules.topics.end()) {
        return Unsendable::foreign_topic;
    }
    const auto partitions = rules.partitions.find(letter.original.partition.topic);
    if (partitions != rules.partitions.end() && letter.original.partition.partition >= partitions->second) {
        return Unsendable::no_partition;
    }
    if (letter.value_omitted) {
        return Unsendable::value_omitted;
    }
    if (letter.key_omitted) {
        return Unsendable::key_omitted;
    }
    return letter.replays >= rules.replays_max && !planted(Bug::replay_bound_ignored)
               ? std::optional{Unsendable::too_often}
               : std::nullopt;
}

OutgoingRecord resend(const Letter& letter, const Record& record) {
    OutgoingRecord again{
        letter.original.partition.topic,
        record.key,
        record.value,
        {},
        std::nullopt,
        letter.original.partition.partition + (planted(Bug::replay_to_another_partition) ? 1 : 0)};
    again.headers.reserve(record.headers.size());
    for (const Header& header : record.headers) {
        if (!std::string_view{header.name}.starts_with(letter_header::prefix)) {
            again.headers.push_back(header);
        }
    }
    const auto say = [&again](std::string_view name, std::string value) {
        again.headers.push_back({std::string{name}, std::move(value)});
    };
    say(letter_header::replay_count,
        std::to_string(letter.replays + (planted(Bug::replay_count_not_raised) ? 0 : 1)));
    say(letter_header::replay_of, position_text(letter.place.partition, letter.place.offset));
    say(letter_header::replay_origin, letter.origin);
    std::string since;
    append_rfc3339(since, letter.since);
    say(letter_header::owed_since, std::move(since));
    if (!letter.commands.empty()) {
        say(letter_header::commands, fmt::format("{}", fmt::join(letter.commands, ",")));
    }
    return again;
}

}  // namespace core
