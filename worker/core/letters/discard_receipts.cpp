#include "worker/core/letters/discard_receipts.hpp"

#include <algorithm>

#include "worker/core/command/command.hpp"
#include "worker/core/planted.hpp"

namespace core {

std::vector<OutgoingRecord> discard_receipts(
    const std::string& receipts_topic, const Discard& discard, const DecodeRules& rules, const Letter& letter,
    const Record& record, common::WallTime now, std::string_view worker_version) {
    ReceiptFacts facts;
    facts.from = letter.place.partition;
    facts.offset = letter.place.offset;
    facts.event_id = letter.envelope.id;
    facts.event_source = letter.envelope.source;
    facts.event_type = letter.envelope.type ? type_name(*letter.envelope.type) : std::string_view{};
    facts.subject = letter.envelope.subject;
    facts.traceparent = letter.envelope.traceparent;
    facts.app = letter.app;
    facts.discard = discard;
    facts.reason = letter.reason;
    // Required by the receipts' schema; a dead letter without it is somebody else's work.
    facts.error_code = letter.error_code.empty() ? std::string_view{"unknown"} : letter.error_code;
    facts.replay_of = letter.replay_of;
    facts.origin = letter.origin;
    facts.replays = letter.replays;
    facts.now = now;
    facts.worker_version = worker_version;
    Decoded decoded = decode(record, rules);
    std::vector<Command> commands;
    if (auto* const event = std::get_if<Event>(&decoded)) {
        commands = commands_for(std::move(*event));
    }
    std::vector<OutgoingRecord> receipts;
    for (std::size_t index = 0; index < commands.size(); ++index) {
        const bool owed = letter.commands.empty() ||
                          std::binary_search(letter.commands.begin(), letter.commands.end(), index);
        if (owed) {
            facts.command = index + (planted(Bug::discard_names_the_wrong_command) ? 1 : 0);
            facts.action = commands[index].action;
            receipts.push_back(receipt(receipts_topic, facts, record.key));
        }
    }
    if (receipts.empty()) {
        receipts.push_back(receipt(receipts_topic, facts, record.key));
    }
    return receipts;
}

}  // namespace core
