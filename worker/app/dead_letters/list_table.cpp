#include <fmt/format.h>

#include <algorithm>

#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/dead_letters/texts.hpp"
#include "worker/core/letters/advice.hpp"

namespace app::dead_letters {
namespace {

std::string or_dash(const std::string& text) {
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

std::string table_of_groups(const Listing& listing, common::WallTime now) {
    std::string text;
    for (const auto& [signature, group] : listing.groups.rows()) {
        const core::Advice advice = core::advice_for(signature.reason, signature.error_code);
        text += fmt::format(
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
    }
    return text;
}

std::string table_of_each(const Listing& listing, common::WallTime now) {
    std::string text = "\n";
    for (const Listing::Each& each : listing.each) {
        const core::Letter& letter = each.letter;
        text += fmt::format(
            "{}  {} {}  {} ago{}\n    {}, app {}, account {}, event {}{}\n", plain(place_text(letter.place)),
            core::reason_word(letter.reason), or_dash(letter.error_code),
            age_text(common::age(letter.since, now)), each.settled ? "  settled" : "",
            core::type_word(letter), or_dash(letter.app), or_dash(letter.envelope.subject),
            or_dash(letter.envelope.id),
            letter.replays > 0 ? ", replayed " + times_text(letter.replays) : "");
    }
    return text;
}

}  // namespace

std::string list_table(const Listing& listing, const ListOptions& options, common::WallTime now) {
    const auto rows = listing.groups.rows();
    std::string text =
        fmt::format("{} {}", listing.letters, options.settled_too ? "dead letters" : "open dead letters");
    if (listing.letters == 1) {
        text.pop_back();
    }
    if (listing.letters > 0) {
        common::WallTime oldest = rows.front().group.oldest_since;
        for (const auto& row : rows) {
            oldest = std::min(oldest, row.group.oldest_since);
        }
        text += fmt::format(
            " in {} {}; the oldest is owed for {}", rows.size(), rows.size() == 1 ? "group" : "groups",
            age_text(common::age(oldest, now)));
    }
    text += "\n";
    if (listing.expired > 0) {
        text += expired_text(listing.expired);
    }
    for (const std::string& topic : listing.missing_topics) {
        text += fmt::format("there is no topic {}: create it, or letters for it cannot be stored\n", topic);
    }
    if (listing.not_letters > 0) {
        text += fmt::format(
            "{} records are no dead letters of this worker, for example {}\n", listing.not_letters,
            plain(listing.not_letter_example));
    }
    if (listing.letters > 0) {
        text += options.each ? table_of_each(listing, now) : table_of_groups(listing, now);
    }
    return text;
}

}  // namespace app::dead_letters
