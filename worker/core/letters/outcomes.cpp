#include "worker/core/letters/outcomes.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "worker/core/letters/json_members.hpp"

namespace core {
namespace {

using nlohmann::json;

std::optional<Outcome> outcome_named(const std::string& name) {
    for (const Outcome outcome : outcomes) {
        if (name == outcome_name(outcome)) {
            return outcome;
        }
    }
    return std::nullopt;
}

// As an event counts: dead-lettered if any command is, else by the best that was achieved.
Outcome joined(Outcome left, Outcome right) {
    if (left == Outcome::dead_lettered || right == Outcome::dead_lettered) {
        return Outcome::dead_lettered;
    }
    return std::min(left, right);
}
static_assert(Outcome::executed < Outcome::already_so && Outcome::not_found < Outcome::nothing_to_do);

}  // namespace

void Outcomes::sent(const Letter& letter, std::size_t commands) {
    Waiting waiting;
    waiting.commands.insert(letter.commands.begin(), letter.commands.end());
    // What comes behind the first command that is owed runs again.
    const std::size_t first = letter.commands.empty() ? 0 : letter.commands.front();
    for (std::size_t index = first; index < commands; ++index) {
        waiting.commands.insert(index);
    }
    waiting_.insert_or_assign(position_text(letter.place.partition, letter.place.offset), std::move(waiting));
    ++tally_.sent;
    ++tally_.waiting;
}

void Outcomes::receipt(std::string_view value) {
    // Most receipts are about live events: those are left out before anything is parsed.
    if (value.find(R"("replay")") == std::string_view::npos) {
        return;
    }
    // Nothing is copied out of the document: hostile ones are nested deeper than a copy can go.
    const json document = json::parse(value, nullptr, false);
    const json* const data = member_of(&document, "data");
    const json* const replay = member_of(data, "replay");
    if (replay == nullptr) {
        return;
    }
    const auto letter = waiting_.find(text_in(member_of(replay, "of")));
    const auto outcome = outcome_named(text_in(member_of(data, "outcome")));
    if (letter == waiting_.end() || !outcome) {
        return;
    }
    Waiting& waiting = letter->second;
    waiting.worst = joined(waiting.worst, *outcome);
    if (*outcome == Outcome::dead_lettered) {
        waiting.came_back_as =
            text_in(member_of(data, "reason")) + " " + text_in(member_of(data, "error_code"));
    }
    const json* const command = member_of(data, "command");
    if (command == nullptr || !command->is_object()) {
        return end(letter);  // about the event as a whole
    }
    if (const json* const index = member_of(command, "index");
        index != nullptr && index->is_number_unsigned()) {
        waiting.commands.erase(index->get<std::size_t>());
    }
    if (waiting.commands.empty()) {
        end(letter);
    }
}

void Outcomes::end(std::map<std::string, Waiting>::iterator letter) {
    constexpr std::size_t kinds_max = 12;
    const Waiting& ended = letter->second;
    --tally_.waiting;
    ++tally_.ended[static_cast<std::size_t>(ended.worst)];
    if (ended.worst == Outcome::dead_lettered &&
        (tally_.came_back_as.size() < kinds_max || tally_.came_back_as.contains(ended.came_back_as))) {
        ++tally_.came_back_as[ended.came_back_as];
    }
    waiting_.erase(letter);
}

std::string Outcomes::example_waiting() const {
    return waiting_.empty() ? std::string{} : waiting_.begin()->first;
}

}  // namespace core
