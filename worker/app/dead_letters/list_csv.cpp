#include <fmt/format.h>

#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/dead_letters/texts.hpp"

namespace app::dead_letters {
namespace {

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

}  // namespace

std::string list_csv(const Listing& listing, const ListOptions& options) {
    std::string text;
    if (options.each) {
        text = "position,original,settled,reason,error_code,type,app,account,event,since,attempts,replays\n";
        for (const Listing::Each& each : listing.each) {
            const core::Letter& letter = each.letter;
            text += fmt::format(
                "{},{},{},{},{},{},{},{},{},{},{},{}\n", cell(place_text(letter.place)),
                cell(place_text(letter.original)), each.settled, core::reason_word(letter.reason),
                cell(letter.error_code), cell(core::type_word(letter)), cell(core::app_word(letter)),
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

}  // namespace app::dead_letters
