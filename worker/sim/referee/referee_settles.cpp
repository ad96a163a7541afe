// What becomes of records: dead letters and receipts.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "worker/sim/ports/credentials.hpp"
#include "worker/sim/referee/referee.hpp"

namespace sim {

namespace {

std::optional<std::string> header(const core::OutgoingRecord& record, std::string_view name) {
    for (const core::Header& header : record.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return std::nullopt;
}

std::int64_t number(std::string_view text) {
    std::int64_t value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(by), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

bool has_secret(std::string_view text) {
    return text.find(value_mark) != std::string_view::npos || text.find(key_mark) != std::string_view::npos;
}

}  // namespace

bool Referee::finished(std::size_t record) const {
    const PlannedRecord& planned = plan_.records[record];
    const auto& owed = facts_[record].owed;
    if (planned.kind == RecordKind::invalid) {
        return owed.has_value();
    }
    for (std::size_t command = planned.first_command; command < planned.commands.size(); ++command) {
        const bool in_letter = owed && owed->contains(command);
        if (!in_letter && !decided(planned.commands[command], facts_[record])) {
            return false;
        }
    }
    return true;
}

bool Referee::decided(const PlannedCommand& command, const Facts& facts) const {
    const auto last = decided_.find(command);
    return last != decided_.end() && last->second > facts.decided_before;
}

bool Referee::receipts_complete(std::size_t record, const Facts& facts) const {
    const PlannedRecord& planned = plan_.records[record];
    const std::size_t commands = planned.commands.size() - planned.first_command;
    return swarm_.settings.receipts_topic.empty() ||
           (commands == 0 ? facts.event_receipt : facts.receipts.size() == commands);
}

// By what was delivered to this owner alone: what the engine must know.
bool Referee::known_finished(const Ownership& owner, std::size_t record) const {
    const auto acknowledged = owner.acknowledged.find(record);
    const Facts none;
    const Facts& facts = acknowledged == owner.acknowledged.end() ? none : acknowledged->second;
    const PlannedRecord& planned = plan_.records[record];
    if (!receipts_complete(record, facts)) {
        return false;
    }
    if (planned.kind == RecordKind::invalid) {
        return facts.owed.has_value();
    }
    if (planned.commands.empty() || receipts_wanted()) {
        return true;
    }
    std::set<std::size_t> settled = facts.owed.value_or(std::set<std::size_t>{});
    if (const auto ended = owner.ended.find(record); ended != owner.ended.end()) {
        settled.insert(ended->second.begin(), ended->second.end());
    }
    return settled.size() == planned.commands.size();
}

void Referee::store_asked(WorkerId worker, const core::Store& store) {
    StoreWork work = read_store(worker, store.kind, store.record);
    Worker& known = workers_.at(worker);
    work.epoch = owner_of(known, plan_.records[work.record].partition).first;
    if (work.kind == core::StoreKind::receipt) {
        check_receipt(worker, work, work.outcome);
    }
    count_rejected(worker, work);
    trace_.line(
        worker, 's',
        fmt::format(
            "#{} {} of {}", store.id.value,
            store.kind == core::StoreKind::dead_letter ? "dead letter" : "receipt",
            plan_.position(work.record)));
    known.owed.try_emplace(store.id, Owed{work.epoch, timeline_.now().steady});
    known.stores.emplace(store.id, std::move(work));
}

void Referee::store_ended(WorkerId worker, const core::StoreEnded& input) {
    trace_.line(worker, 'k', fmt::format("#{} {}", input.id.value, static_cast<int>(input.result)));
    Worker& known = workers_.at(worker);
    const auto found = known.stores.find(input.id);
    if (found == known.stores.end()) {
        return;
    }
    const StoreWork work = std::move(found->second);
    known.stores.erase(found);
    const auto owner = known.owned.find(work.epoch);
    if (owner == known.owned.end()) {
        return;
    }
    if (input.result != core::StoreResult::acknowledged) {
        ++known.tally.store_failures;
        return;
    }
    acknowledged(known, known.owed.at(input.id).since);
    known.owed.erase(input.id);
    ++(work.kind == core::StoreKind::dead_letter ? known.tally.letters : known.tally.receipts);
    Facts& facts = owner->second.acknowledged[work.record];
    if (work.kind == core::StoreKind::dead_letter) {
        facts.owed = work.owed;
    } else if (work.command) {
        facts.receipts.insert(*work.command);
    } else {
        facts.event_receipt = true;
    }
    if (known_finished(owner->second, work.record)) {
        owner->second.finished_at.emplace(work.record, timeline_.now().steady);
    }
}

// What a receipt says must be what its writer was told.
void Referee::check_receipt(WorkerId worker, const StoreWork& work, std::string_view outcome) {
    const auto owner = workers_.at(worker).owned.find(work.epoch);
    if (owner == workers_.at(worker).owned.end()) {
        return;
    }
    const PlannedRecord& planned = plan_.records[work.record];
    const auto letter = owner->second.acknowledged.find(work.record);
    const bool stored = letter != owner->second.acknowledged.end() && letter->second.owed;
    bool so = false;
    if (!work.command || *work.command >= planned.commands.size()) {
        so = outcome == "dead_lettered" ? stored && planned.kind == RecordKind::invalid
                                        : outcome == "nothing_to_do" && planned.commands.empty();
    } else {
        if (*work.command < planned.first_command) {
            broke(
                worker, Promise::only_owed_runs,
                fmt::format(
                    "the receipt of command {} of {} was not owed", *work.command,
                    plan_.position(work.record)));
        }
        const PlannedCommand& command = planned.commands[*work.command];
        const bool update = command.action == core::Action::update;
        const Heard heard = owner->second.heard[command];
        so =
            (outcome == "executed" && heard.executed) ||
            (outcome == "already_so" && !update && (heard.found_nothing || heard.found_nothing_after_loss)) ||
            (outcome == "not_found" && update && heard.found_nothing) ||
            (outcome == "probably_executed" && update && heard.found_nothing_after_loss) ||
            (outcome == "dead_lettered" && stored && letter->second.owed->contains(*work.command));
    }
    if (!so) {
        broke(
            worker, Promise::one_visible_state,
            fmt::format("the receipt of {} says {}", plan_.position(work.record), outcome));
    }
}

// The head of a window is given up only when it fails by itself and nearly everything behind it is finished.
void Referee::check_head_given_up(WorkerId worker, Worker& known, const core::Say& line) {
    const auto field = [&](std::string_view name) {
        const auto found = std::find_if(
            line.fields.begin(), line.fields.end(), [&](const auto& pair) { return pair.first == name; });
        return found == line.fields.end() ? std::int64_t{-1} : number(found->second);
    };
    const auto partition = static_cast<std::size_t>(field("partition"));
    const core::Offset offset{field("offset")};
    const auto head = partition < plan_.partitions.size() ? plan_.record_at(partition, offset) : std::nullopt;
    const Ownership* const owner = head ? owner_of(known, partition).second : nullptr;
    if (owner == nullptr) {
        broke(worker, Promise::attempts_spent, "a head was given up where none is");
        return;
    }
    known.heads_given_up.insert(*head);
    std::int64_t unfinished = 0;
    core::Offset last = offset;
    for (const std::size_t record : owner->received) {
        last = std::max(last, plan_.records[record].offset);
        unfinished += !owner->claimed.contains(record) && !known_finished(*owner, record) ? 1 : 0;
    }
    const bool blocks = !receipts_wanted() || unfinished * 10 <= last - offset + 1;
    const PlannedRecord& planned = plan_.records[*head];
    const bool failed = planned.kind == RecordKind::poisoned ||
                        std::any_of(
                            planned.commands.begin(), planned.commands.end(),
                            [this](const PlannedCommand& command) { return misjudged_.contains(command); });
    if (!failed || !blocks) {
        broke(
            worker, Promise::attempts_spent,
            fmt::format("{} was given up, with {} unfinished behind it", plan_.position(*head), unfinished));
    }
}

void Referee::stored(core::StoreKind kind, const core::OutgoingRecord& record) {
    if (kind == core::StoreKind::receipt && receipt_of_letter(record)) {
        return;
    }
    const StoreWork work = read_store(no_worker, kind, record);
    Facts& facts = facts_[work.record];
    if (kind == core::StoreKind::dead_letter) {
        if (facts.owed) {
            reached(Probe::letter_stored_twice);
        }
        facts.owed = work.owed;
        const PlannedRecord& planned = plan_.records[work.record];
        for (const std::size_t command : work.owed) {
            if (command < planned.commands.size() && !poison(planned.commands[command])) {
                reached(Probe::rejected_by_mistake);
                accounts_misjudged_.insert(planned.account);
            }
        }
    } else if (work.command) {
        facts.receipts.insert(*work.command);
    } else {
        facts.event_receipt = true;
    }
}

// Of a discard. Audit records are nobody's.
bool Referee::receipt_of_letter(const core::OutgoingRecord& record) {
    if (!swarm_.operators) {
        return false;
    }
    const auto event = nlohmann::json::parse(record.value.value_or(""), nullptr, false);
    const auto data = event.is_object() ? event.find("data") : event.end();
    return data != event.end() &&
           letters.receipt(event.value("id", std::string{}), data->value("outcome", std::string{}));
}

Referee::StoreWork Referee::read_store(
    WorkerId worker, core::StoreKind kind, const core::OutgoingRecord& record) {
    return kind == core::StoreKind::dead_letter ? read_letter(worker, record) : read_receipt(worker, record);
}

Referee::StoreWork Referee::read_letter(WorkerId worker, const core::OutgoingRecord& record) {
    StoreWork work{.kind = core::StoreKind::dead_letter};
    const auto partition = plan_.partition_of(
        {header(record, "dlq.original.topic").value_or(""),
         static_cast<std::int32_t>(number(header(record, "dlq.original.partition").value_or("")))});
    const core::Offset offset{number(header(record, "dlq.original.offset").value_or(""))};
    const auto found = partition ? plan_.record_at(*partition, offset) : std::nullopt;
    if (!found) {
        broke(worker, Promise::letter_is_whole, "a dead letter names a position where no record is");
        return work;
    }
    work.record = *found;
    const std::string commands = header(record, "dlq.commands").value_or("");  // the parts point into it
    for (const std::string_view index : split(commands, ',')) {
        work.owed.insert(static_cast<std::size_t>(number(index)));
    }
    check_letter(worker, work, record, header(record, "dlq.reason").value_or(""));
    return work;
}

void Referee::check_letter(
    WorkerId worker, const StoreWork& work, const core::OutgoingRecord& record, std::string_view reason) {
    const PlannedRecord& planned = plan_.records[work.record];
    const std::string position = plan_.position(work.record);
    const bool omitted = header(record, "dlq.value.omitted") == "too_large";
    if (record.key != planned.key || (omitted ? record.value.has_value() : record.value != planned.value) ||
        record.timestamp != planned.timestamp ||
        !std::all_of(planned.headers.begin(), planned.headers.end(), [&](const core::Header& original) {
            return original.name.starts_with("dlq.") ||
                   std::find(record.headers.begin(), record.headers.end(), original) != record.headers.end();
        })) {
        broke(worker, Promise::letter_is_whole, fmt::format("the dead letter of {} differs", position));
    }
    const bool expected = planned.kind == RecordKind::invalid ? reason == "invalid"
                          : planned.kind == RecordKind::poisoned
                              ? reason == "rejected" || reason == "exhausted"
                              : reason == "rejected";  // by mistake: see below
    if (!expected) {
        broke(worker, Promise::only_records_die, fmt::format("{} is dead-lettered as {}", position, reason));
    }
    const auto known = workers_.find(worker);
    if (reason == "exhausted" && known != workers_.end() &&
        !known->second.heads_given_up.contains(work.record) &&
        number(header(record, "dlq.attempts").value_or("")) < swarm_.settings.attempts_max) {
        broke(
            worker, Promise::attempts_spent,
            fmt::format(
                "{} is given up after {} attempts", position, header(record, "dlq.attempts").value_or("no")));
    }
    for (const std::size_t command : work.owed) {
        const bool deserved =
            command < planned.commands.size() &&
            (poison(planned.commands[command]) || misjudged_.contains(planned.commands[command]));
        if (!deserved) {
            broke(
                worker, Promise::only_records_die,
                fmt::format("command {} of {} is dead-lettered as {}", command, position, reason));
        }
    }
    for (const core::Header& header : record.headers) {
        if (header.name.starts_with("dlq.") && has_secret(header.value.value_or(""))) {
            broke(worker, Promise::secrets_stay_inside, fmt::format("{} of {}", header.name, position));
        }
    }
}

Referee::StoreWork Referee::read_receipt(WorkerId worker, const core::OutgoingRecord& record) {
    StoreWork work;
    const auto event = nlohmann::json::parse(record.value.value_or(""), nullptr, false);
    // Made of the record's position and the command: topic/partition/offset[/command].
    const auto id = event.is_object() ? event.value("id", std::string{}) : std::string{};
    const auto parts = split(id, '/');
    if (parts.size() >= 3) {
        const auto partition =
            plan_.partition_of({std::string{parts[0]}, static_cast<std::int32_t>(number(parts[1]))});
        const auto found =
            partition ? plan_.record_at(*partition, core::Offset{number(parts[2])}) : std::nullopt;
        if (found) {
            work.record = *found;
            work.command =
                parts.size() > 3 ? std::optional{static_cast<std::size_t>(number(parts[3]))} : std::nullopt;
            const auto data = event.find("data");
            work.outcome = data != event.end() ? data->value("outcome", std::string{}) : std::string{};
            if (has_secret(record.value.value_or("")) || has_secret(record.key.value_or(""))) {
                broke(
                    worker, Promise::secrets_stay_inside,
                    fmt::format("the receipt of {}", plan_.position(*found)));
            }
            return work;
        }
    }
    broke(worker, Promise::receipts_first, "a receipt names a position where no record is");
    return work;
}

}  // namespace sim
