#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "worker/adapters/log/escape.hpp"
#include "worker/app/dead_letters/listing.hpp"
#include "worker/core/letters/advice.hpp"
#include "worker/core/settle/text.hpp"

namespace app::dead_letters {
namespace {

using nlohmann::ordered_json;

std::string place_text(const core::Position& place) {
    return core::position_text(place.partition, place.offset);
}

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

std::string table(const Listing& listing, const ListOptions& options, common::WallTime now) {
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

ordered_json json_of(const Listing::Each& each) {
    const core::Letter& letter = each.letter;
    ordered_json object{
        {"position", place_text(letter.place)},
        {"original", place_text(letter.original)},
        {"settled", each.settled},
        {"reason", core::reason_word(letter.reason)},
        {"error_code", letter.error_code},
        {"type", core::type_word(letter)},
        {"app", letter.app},
        {"account", letter.envelope.subject},
        {"event", letter.envelope.id},
        {"since", time_text(letter.since)},
        {"attempts", letter.attempts},
        {"replays", letter.replays},
        {"replay_of", letter.replay_of},
        {"commands", letter.commands}};
    if (!letter.problem.empty()) {
        object["problem"] = letter.problem;
    }
    if (letter.http_status) {
        object["http_status"] = *letter.http_status;
    }
    return object;
}

std::string json(const Listing& listing, const ListOptions& options, common::WallTime now) {
    ordered_json document{
        {"letters", listing.letters},
        {"expired_unsettled", listing.expired},
        {"not_letters", listing.not_letters},
        {"missing_topics", listing.missing_topics},
        {"groups", ordered_json::array()}};
    for (const auto& [signature, group] : listing.groups.rows()) {
        document["groups"].push_back(
            {{"signature", core::text_of(signature)},
             {"reason", core::reason_word(signature.reason)},
             {"error_code", signature.error_code},
             {"type", signature.type},
             {"app", signature.app},
             {"topic", signature.topic},
             {"count", group.count},
             {"replayed", group.replayed},
             {"oldest_since", time_text(group.oldest_since)},
             {"oldest_seconds",
              static_cast<std::int64_t>(common::seconds(common::age(group.oldest_since, now)))},
             {"first_failed", time_text(group.first_failed)},
             {"last_failed", time_text(group.last_failed)},
             {"example", place_text(group.example)}});
    }
    if (options.each) {
        document["each"] = ordered_json::array();
        for (const Listing::Each& each : listing.each) {
            document["each"].push_back(json_of(each));
        }
    }
    return document.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

// RFC 4180, without anything that a terminal would obey. A text that a spreadsheet would take for a formula
// is quoted as one that is none.
std::string cell(std::string_view text) {
    std::string out{'"'};
    if (!text.empty() && std::string_view{"=+-@"}.find(text.front()) != std::string_view::npos) {
        out += '\'';
    }
    for (const char c : plain(text)) {
        out += c;
        if (c == '"') {
            out += c;
        }
    }
    return out + '"';
}

std::string csv(const Listing& listing, const ListOptions& options) {
    std::string text;
    if (options.each) {
        text = "position,original,settled,reason,error_code,type,app,account,event,since,attempts,replays\n";
        for (const Listing::Each& each : listing.each) {
            const core::Letter& letter = each.letter;
            text += fmt::format(
                "{},{},{},{},{},{},{},{},{},{},{},{}\n", cell(place_text(letter.place)),
                cell(place_text(letter.original)), each.settled, core::reason_word(letter.reason),
                cell(letter.error_code), cell(core::type_word(letter)), cell(letter.app),
                cell(letter.envelope.subject), cell(letter.envelope.id), time_text(letter.since),
                letter.attempts, letter.replays);
        }
        return text;
    }
    text = "count,reason,error_code,type,app,topic,replayed,oldest_since,first_failed,last_failed,example\n";
    for (const auto& [signature, group] : listing.groups.rows()) {
        text += fmt::format(
            "{},{},{},{},{},{},{},{},{},{},{}\n", group.count, core::reason_word(signature.reason),
            cell(signature.error_code), cell(signature.type), cell(signature.app), cell(signature.topic),
            group.replayed, time_text(group.oldest_since), time_text(group.first_failed),
            time_text(group.last_failed), cell(place_text(group.example)));
    }
    return text;
}

}  // namespace

std::string rendered(
    const Listing& listing, const ListOptions& options, Format format, common::WallTime now) {
    switch (format) {
        case Format::json:
            return json(listing, options, now);
        case Format::csv:
            return csv(listing, options);
        case Format::table:
            break;
    }
    return table(listing, options, now);
}

std::string plain_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\n\\"), text.size());
        out += plain(text.substr(0, end));
        out += text.substr(end, 1);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string times_text(int times) {
    return times == 1 ? "once" : fmt::format("{} times", times);
}

std::string expired_text(std::int64_t expired) {
    return fmt::format(
        "UP TO {} EXPIRED UNSETTLED: retention took them before anybody replayed or discarded them;\n"
        "raise retention.ms of the dead-letter topic\n",
        expired);
}

std::string json_of_one(const Listing::Each& each) {
    return json_of(each).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

std::string age_text(common::Duration age) {
    using namespace std::chrono;
    const auto minutes = duration_cast<std::chrono::minutes>(age).count();
    if (minutes < 1) {
        return fmt::format("{} s", duration_cast<std::chrono::seconds>(age).count());
    }
    if (minutes < 60) {
        return fmt::format("{} min", minutes);
    }
    if (minutes < 60 * 24) {
        return fmt::format("{} h {} min", minutes / 60, minutes % 60);
    }
    return fmt::format("{} d {} h", minutes / (60 * 24), minutes / 60 % 24);
}

std::string time_text(common::WallTime time) {
    std::string text;
    core::append_rfc3339(text, time);
    return text;
}

std::string plain(std::string_view text) {
    std::string out;
    log_lines::append_escaped(out, text, log_lines::Style::plain, std::string::npos / 4);
    return out;
}

}  // namespace app::dead_letters
