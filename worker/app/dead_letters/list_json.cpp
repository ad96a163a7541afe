#include <nlohmann/json.hpp>

#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/dead_letters/texts.hpp"

namespace app::dead_letters {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const Listing::Each& each) {
    const core::Letter& letter = each.letter;
    ordered_json object{
        {"position", place_text(letter.place)},
        {"original", place_text(letter.original)},
        {"settled", each.settled},
        {"reason", core::reason_word(letter.reason)},
        {"error_code", letter.error_code},
        {"type", core::type_word(letter)},
        {"app", core::app_word(letter)},
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

}  // namespace

std::string list_json(const Listing& listing, const ListOptions& options, common::WallTime now) {
    ordered_json document{
        {"letters", listing.letters},
        {"looked_at", listing.looked_at},
        {"filter", core::text_of(options.selection)},
        {"doubts", listing.doubts},
        {"expired_unsettled", listing.expired},
        {"not_letters", listing.not_letters},
        {"missing_topics", listing.missing_topics},
        {"further_groups_letters", listing.groups.beyond()},
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
        document["each_left_out"] = listing.letters - listing.each.size();
        document["each"] = ordered_json::array();
        for (const Listing::Each& each : listing.each) {
            document["each"].push_back(json_of(each));
        }
    }
    return document.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

std::string json_of_one(const Listing::Each& each) {
    return json_of(each).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

}  // namespace app::dead_letters
