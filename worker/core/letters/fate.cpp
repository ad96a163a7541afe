#include "worker/core/letters/fate.hpp"

#include <nlohmann/json.hpp>

#include "worker/core/letters/json_members.hpp"
#include "worker/core/settle/text.hpp"

namespace core {
namespace {

using nlohmann::json;

std::string text_at(const json* object, const char* name) {
    return text_in(member_of(object, name));
}

// Empty: it is none.
std::string place_in(const json* position) {
    const json* const partition = member_of(position, "partition");
    const json* const offset = member_of(position, "offset");
    const bool numbers = partition != nullptr && partition->is_number_integer() && offset != nullptr &&
                         offset->is_number_integer();
    return numbers ? position_text(
                         {text_at(position, "topic"), partition->get<std::int32_t>()},
                         Offset{offset->get<std::int64_t>()})
                   : std::string{};
}

}  // namespace

Fate::Fate(const Letter& letter) : place_{position_text(letter.place.partition, letter.place.offset)} {
    append_rfc3339(failed_, letter.last_failed.value_or(letter.since));
}

void Fate::record(std::string_view value) {
    constexpr std::size_t commands_of_an_event = 200;
    // Most records are about other events: those are left out before anything is parsed.
    const bool audit = value.find(R"("autosignin.dead-letters.audited.v1")") != std::string_view::npos;
    const std::string_view topic = std::string_view{place_}.substr(0, place_.find('/'));
    if (how_ == How::discarded || (!audit && value.find(topic) == std::string_view::npos)) {
        return;
    }
    const json document = json::parse(value, nullptr, false);
    const json* const data = member_of(&document, "data");
    if (audit) {
        Run run{text_at(&document, "time"), text_at(data, "by"), text_at(data, "why"), {}};
        if (text_at(data, "action") != "replay" || text_at(data, "phase") != "begun" || run.at < failed_) {
            return;
        }
        if (runs_.size() == runs_max) {
            runs_.erase(runs_.begin());
            ++runs_left_out_;
        }
        runs_.push_back(std::move(run));
        return;
    }
    const json* const discard = member_of(data, "discard");
    if (discard != nullptr && place_in(member_of(data, "position")) == place_) {
        how_ = How::discarded;
        runs_ = {
            {text_at(&document, "time"), text_at(discard, "by"), text_at(discard, "why"),
             text_at(discard, "superseded_by")}};
        runs_left_out_ = 0;
        outcome_of_.clear();
        return;
    }
    if (discard == nullptr && text_at(member_of(data, "replay"), "of") == place_ &&
        outcome_of_.size() < commands_of_an_event) {
        how_ = How::replayed;
        outcome_of_.insert_or_assign(text_at(&document, "id"), text_at(data, "outcome"));
    }
}

std::map<std::string, int> Fate::outcomes() const {
    std::map<std::string, int> counts;
    for (const auto& [receipt, outcome] : outcome_of_) {
        ++counts[outcome];
    }
    return counts;
}

}  // namespace core
