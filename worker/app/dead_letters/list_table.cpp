#include <fmt/format.h>

#include <algorithm>

#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/dead_letters/texts.hpp"
#include "worker/core/letters/advice.hpp"

namespace app::dead_letters {
namespace {

std::string or_dash(std::string_view text) {
    return text.empty() ? "-" : plain(text);
}

// As it can be pasted into a shell.
std::string shell_word(const std::string& text) {
    const std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@%+,";
    if (text.find_first_not_of(harmless) == std::string::npos) {
        return text;
    }
    std::string quoted{'\''};
    for (const char c : plain(text)) {
        quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return quoted + '\'';
}

std::string entry(const core::Signature& signature, const core::Group& group, common::WallTime now) {
    const core::Advice advice = core::advice_for(signature.reason, signature.error_code);
    std::string text = fmt::format(
        "\n{:>8}  {} {}  owed for {}\n", group.count, core::reason_word(signature.reason),
        or_dash(signature.error_code), age_text(common::age(group.oldest_since, now)));
    text += fmt::format(
        "          {}, app {}, from {}\n", plain(signature.type), or_dash(signature.app),
        or_dash(signature.topic));
    text += fmt::format(
        "          failed {} to {}\n", time_text(group.first_failed), time_text(group.last_failed));
    if (group.replayed > 0) {
        text += fmt::format("          {} came back from a replay\n", group.replayed);
    }
    text += fmt::format("          whose turn: {}\n", advice.whose);
    text += fmt::format("          for example {}\n", plain(place_text(group.example)));
    text += fmt::format("          --group {}\n", shell_word(core::text_of(signature)));
    return text;
}

std::string entry(const Listing::Each& each, common::WallTime now) {
    const core::Letter& letter = each.letter;
    return fmt::format(
        "{}  {} {}  {} ago{}\n    {}, app {}, account {}, event {}{}\n", plain(place_text(letter.place)),
        core::reason_word(letter.reason), or_dash(letter.error_code),
        age_text(common::age(letter.since, now)), each.settled ? "  settled" : "",
        plain(core::type_word(letter)), or_dash(core::app_word(letter)), or_dash(letter.envelope.subject),
        or_dash(letter.envelope.id),
        letter.replays > 0 ? fmt::format(", replayed {}", times_text(letter.replays)) : "");
}

// "3 open dead letters", or "3 of 14 open dead letters match --app tv,".
std::string headline(const Listing& listing, const ListOptions& options) {
    const auto counted = [&](std::uint64_t letters) {
        return fmt::format(
            "{}{} {}", letters, options.settled_too ? "" : " open",
            letters == 1 ? "dead letter" : "dead letters");
    };
    if (core::selects_everything(options.selection)) {
        return counted(listing.letters);
    }
    return fmt::format(
        "{} of {} {} {}{}", listing.letters, counted(listing.looked_at),
        listing.looked_at == 1 ? "matches" : "match", plain(core::flags_of(options.selection)),
        listing.letters > 0 ? "," : "");
}

// What people must know before they believe the numbers.
std::string warnings(const Listing& listing) {
    std::string text = listing.expired > 0 ? expired_text(listing.expired) : std::string{};
    for (const std::string& doubt : listing.doubts) {
        text += fmt::format("note: {}\n", plain(doubt));
    }
    for (const std::string& topic : listing.missing_topics) {
        text += fmt::format("there is no topic {}: create it, or letters for it cannot be stored\n", topic);
    }
    if (listing.not_letters > 0) {
        text += fmt::format(
            "{} records are no dead letters of this worker, for example {}\n", listing.not_letters,
            plain(listing.not_letter_example));
    }
    return text;
}

}  // namespace

TableParts table_parts(const Listing& listing, const ListOptions& options, common::WallTime now) {
    const auto rows = listing.groups.rows();
    TableParts parts{headline(listing, options), {}};
    if (!rows.empty()) {
        common::WallTime oldest = rows.front().group.oldest_since;
        for (const auto& row : rows) {
            oldest = std::min(oldest, row.group.oldest_since);
        }
        const std::string what = options.settled_too
                                     ? fmt::format(", {} of them open; the oldest is from", listing.open)
                                     : "; the oldest is owed for";
        parts.head += fmt::format(
            " in {} {}{} {}{}", rows.size(), rows.size() == 1 ? "group" : "groups", what,
            age_text(common::age(oldest, now)), options.settled_too ? " ago" : "");
    }
    parts.head += '\n';
    parts.head += warnings(listing);
    if (options.each && !listing.each.empty()) {
        parts.head += "\n";
    }
    if (options.each) {
        for (const Listing::Each& each : listing.each) {
            parts.entries.push_back({entry(each, now), 1});
        }
    } else {
        for (const auto& [signature, group] : rows) {
            parts.entries.push_back({entry(signature, group, now), group.count});
        }
    }
    return parts;
}

std::string list_table(const Listing& listing, const ListOptions& options, common::WallTime now) {
    const TableParts parts = table_parts(listing, options, now);
    std::string text = parts.head;
    std::uint64_t shown = 0;
    for (const TableParts::Entry& entry : parts.entries) {
        text += entry.text;
        shown += entry.letters;
    }
    return shown == listing.letters
               ? text
               : text + fmt::format(
                            "\n{} of {} are shown: add a filter to see the others\n", shown, listing.letters);
}

}  // namespace app::dead_letters
