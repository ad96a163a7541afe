#include "worker/app/dead_letters/showing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "worker/app/dead_letters/texts.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/event/envelope.hpp"
#include "worker/core/letters/advice.hpp"

namespace app::dead_letters {
namespace {

using nlohmann::ordered_json;

// Attributes of the event that are no secrets. Everything below them is masked: an invalid event may carry a
// token under any name.
constexpr std::array<std::string_view, 8> harmless{"specversion", "id",   "source",          "type",
                                                   "subject",     "time", "datacontenttype", "traceparent"};
// Names of the contract. Any other name may itself be a token that got into the wrong place.
constexpr std::array<std::string_view, 13> known{
    "data",         "data_base64",         "app",       "sign_in_tokens", "value",
    "replacement",  "sign_out_everywhere", "client_id", "refresh_token",  "sign_in_with_apple",
    "access_token", "dataschema",          "tracestate"};

template <class Names, class Name>
bool among(const Names& names, const Name& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What an object is: only there are its members what the contract calls them.
enum class Part : unsigned char { event, data, deeper };

ordered_json masked(const ordered_json& value, Part part);

ordered_json masked_member(const std::string& name, const ordered_json& member, Part part) {
    if (part == Part::event && among(harmless, name) && member.is_string()) {
        return member;
    }
    // The account system chose it, and whoever looks for a name that is not configured must see it.
    if (part == Part::data && name == "app" && member.is_string()) {
        return core::shown_name(member.get_ref<const std::string&>());
    }
    return masked(member, part == Part::event && name == "data" ? Part::data : Part::deeper);
}

ordered_json masked(const ordered_json& value, Part part) {
    if (value.is_object()) {
        ordered_json object = ordered_json::object();
        std::size_t strangers = 0;
        for (const auto& [name, member] : value.items()) {
            const std::string name_shown =
                among(harmless, name) || among(known, name)
                    ? name
                    : fmt::format("<name {} of {} characters>", ++strangers, name.size());
            object[name_shown] = masked_member(name, member, part);
        }
        return object;
    }
    if (value.is_array()) {
        ordered_json array = ordered_json::array();
        for (const ordered_json& item : value) {
            array.push_back(masked(item, Part::deeper));
        }
        return array;
    }
    if (value.is_string()) {
        return fmt::format("<{} characters>", value.get_ref<const std::string&>().size());
    }
    return value.is_number() ? ordered_json(std::string{"<a number>"}) : value;
}

// How deep objects and arrays are nested, of a text that is JSON.
std::size_t depth_of(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            at += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

std::string status_text(const core::Letter& letter) {
    return letter.http_status ? fmt::format(", HTTP status {}", *letter.http_status) : "";
}

// "2. delete sign_in_tokens/1", as `explain` numbers and names them; none of an event that cannot be read.
std::vector<std::string> owed_commands(
    const core::Letter& letter, const core::Record& record, const core::DecodeRules& rules) {
    core::Decoded decoded = core::decode(record, rules);
    auto* const event = std::get_if<core::Event>(&decoded);
    if (event == nullptr) {
        return {};
    }
    const std::vector<core::Command> commands = core::commands_for(std::move(*event));
    core::Lineage lineage;
    lineage.commands = letter.commands;
    std::vector<std::string> texts;
    for (std::size_t i = core::first_to_run(lineage, commands.size()); i < commands.size(); ++i) {
        const bool owed = letter.commands.empty() || among(letter.commands, i);
        texts.push_back(fmt::format(
            "{}. {} sign_in_tokens/{}{}", i + 1, core::action_name(commands[i].action), i,
            owed ? "" : " (has ended, and runs again behind the others)"));
    }
    return texts;
}

std::string owed_text(const core::Letter& letter, const std::vector<std::string>& commands) {
    if (!commands.empty()) {
        return fmt::format("{}", fmt::join(commands, ", "));
    }
    return letter.commands.empty()
               ? "all commands of the event, once it can be read"
               : fmt::format(
                     "commands by index, from 0, once it can be read: {}", fmt::join(letter.commands, ", "));
}

// At spaces, so that it fits 80 columns behind the names.
std::string wrapped(std::string_view text) {
    constexpr std::size_t columns = 64;
    std::string out;
    while (text.size() > columns) {
        const std::size_t space = text.rfind(' ', columns);
        if (space == std::string_view::npos || space == 0) {
            break;
        }
        out += fmt::format("{}\n{:14}", text.substr(0, space), "");
        text.remove_prefix(space + 1);
    }
    return out.append(text);
}

std::string optional_time(const std::optional<common::WallTime>& time) {
    return time ? time_text(*time) : "unknown";
}

std::string row(std::string_view name, std::string_view value) {
    return fmt::format("{:<14}{}\n", name, wrapped(plain(value)));
}

std::string or_unknown(std::string_view text) {
    return std::string{text.empty() ? "unknown" : text};
}

std::string_view ending_word(const core::Fate& fate) {
    switch (fate.how()) {
        case core::Fate::How::discarded:
            return "discarded";
        case core::Fate::How::replayed:
            return "replayed";
        case core::Fate::How::unknown:
            break;
    }
    return "replayed or discarded";
}

std::string run_text(const core::Fate::Run& run) {
    return fmt::format(
        "by {}, {}: {}{}", run.by, run.at, run.why.empty() ? "no reason given" : run.why,
        run.superseded_by.empty() ? "" : fmt::format(" (superseded by event {})", run.superseded_by));
}

// Why it is known, or how to find out.
std::string sources_text(const Settled& settled) {
    const core::Fate& fate = settled.fate;
    if (!settled.problem.empty()) {
        return fmt::format("the receipts could not be read: {}", settled.problem);
    }
    if (fate.how() == core::Fate::How::unknown) {
        return fmt::format(
            "{} {} names it. A replay has no receipt before it has ended; what is kept no longer may be in "
            "an "
            "archive of that topic: search it for the position",
            settled.looked_at_all ? "no record in" : "none of the newest records in", settled.receipts_topic);
    }
    return fate.how() == core::Fate::How::discarded || fate.runs().size() <= 1
               ? ""
               : "one of these runs took it; the topic does not tell which";
}

std::string settled_rows(const Settled& settled) {
    const core::Fate& fate = settled.fate;
    std::string text = row("settled", ending_word(fate));
    std::vector<std::string> ends;
    for (const auto& [outcome, count] : fate.outcomes()) {
        ends.push_back(fmt::format("{} {}", count, outcome));
    }
    if (!ends.empty()) {
        text += row("", fmt::format("its receipts say: {}", fmt::join(ends, ", ")));
    }
    if (fate.outcomes().contains(std::string{core::outcome_name(core::Outcome::dead_lettered)})) {
        text += row("", "it came back: a new dead letter is owed, see `list --replayed`");
    }
    const char* name = fate.how() == core::Fate::How::discarded ? "" : "replay runs";
    for (const core::Fate::Run& run : fate.runs()) {
        text += row(name, run_text(run));
        name = "";
    }
    if (fate.runs_left_out() > 0) {
        text += row("", fmt::format("and {} before them", fate.runs_left_out()));
    }
    if (const std::string sources = sources_text(settled); !sources.empty()) {
        text += row("how to know", sources);
    }
    return text + row("still owed", "nothing for this letter");
}

std::string owed_rows(const core::Letter& letter, const std::vector<std::string>& commands) {
    const core::Advice advice = core::advice_for(letter.reason, letter.error_code);
    return row("still owed", owed_text(letter, commands)) + row("whose turn", advice.whose) +
           row("what to do", advice.text);
}

std::string for_people(
    const core::Letter& letter, const core::Record& record, const std::vector<std::string>& commands,
    const std::optional<Settled>& settled, bool reveal, common::WallTime now) {
    std::string text = fmt::format(
        "{}  {}\n\n", plain(place_text(letter.place)),
        settled ? fmt::format("SETTLED: {}", ending_word(settled->fate)) : "open");
    text += row("event", or_unknown(letter.envelope.id));
    text += row("type", core::type_word(letter));
    text += row("account", or_unknown(letter.envelope.subject));
    text += row("app", or_unknown(core::app_word(letter)));
    text +=
        row("owed since",
            fmt::format("{} ({})", time_text(letter.since), age_text(common::age(letter.since, now))));
    text +=
        row("came from", letter.original.partition.topic.empty() ? "unknown" : place_text(letter.original));
    text += row("stored by", fmt::format("{} of group {}", letter.worker_version, letter.consumer_group));
    if (!letter.replay_of.empty()) {
        text += row("replay of", letter.replay_of);
    }
    text += row("replayed", times_text(letter.replays));
    text += "\n";
    text +=
        row("failed", fmt::format(
                          "{} {}{}, after {} attempts", core::reason_word(letter.reason), letter.error_code,
                          status_text(letter), letter.attempts));
    text += row(
        "", fmt::format(
                "first {}, last {}", optional_time(letter.first_failed), optional_time(letter.last_failed)));
    if (!letter.problem.empty()) {
        text += row("", "not understood: " + letter.problem);
    }
    text += settled ? settled_rows(*settled) : owed_rows(letter, commands);
    text += fmt::format("\npayload{}\n", reveal ? "" : " (token values masked; --reveal shows them)");
    text += plain_lines(reveal ? record.value.value_or("(none)") : masked_payload(record));
    return text + "\n";
}

ordered_json settlement_json(const Settled& settled) {
    const core::Fate& fate = settled.fate;
    ordered_json runs = ordered_json::array();
    for (const core::Fate::Run& run : fate.runs()) {
        runs.push_back(
            {{"at", run.at}, {"by", run.by}, {"why", run.why}, {"superseded_by", run.superseded_by}});
    }
    return {
        {"how", fate.how() == core::Fate::How::unknown ? std::string_view{"unknown"} : ending_word(fate)},
        {"outcomes", fate.outcomes()},
        {"runs", std::move(runs)},
        {"how_to_know", sources_text(settled)}};
}

}  // namespace

std::string masked_payload(const core::Record& record) {
    if (!record.value) {
        return "(no value: a tombstone, or the broker took it only without its value)";
    }
    constexpr std::size_t depth_max = 200;  // an event has 64 at most
    if (depth_of(*record.value) > depth_max) {
        return fmt::format("({} bytes, nested too deep to be shown)", record.value->size());
    }
    const ordered_json document = ordered_json::parse(*record.value, nullptr, false);
    if (document.is_discarded()) {
        return fmt::format(
            "({} bytes that are not JSON, so nothing can be masked and nothing is shown)",
            record.value->size());
    }
    const bool structured = core::mode_of(record.headers) == core::Mode::structured;
    return masked(document, structured ? Part::event : Part::data)
        .dump(2, ' ', true, ordered_json::error_handler_t::replace);
}

std::string shown(
    const core::Letter& letter, const core::Record& record, const core::DecodeRules& rules,
    const std::optional<Settled>& settled, bool reveal, Format format, common::WallTime now) {
    const std::vector<std::string> commands =
        settled ? std::vector<std::string>{} : owed_commands(letter, record, rules);
    if (format != Format::json) {
        return for_people(letter, record, commands, settled, reveal, now);
    }
    const core::Advice advice = core::advice_for(letter.reason, letter.error_code);
    ordered_json document = ordered_json::parse(json_of_one({letter, settled.has_value()}));
    document["first_failed"] = optional_time(letter.first_failed);
    document["last_failed"] = optional_time(letter.last_failed);
    document["consumer_group"] = letter.consumer_group;
    document["worker_version"] = letter.worker_version;
    if (settled) {
        document["settlement"] = settlement_json(*settled);
    }
    document["to_run"] = commands;
    document["whose_turn"] = settled ? "nobody's" : advice.whose;
    document["what_to_do"] = settled ? "nothing: it is settled" : advice.text;
    document["payload"] = reveal ? record.value.value_or("") : masked_payload(record);
    return document.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace app::dead_letters
