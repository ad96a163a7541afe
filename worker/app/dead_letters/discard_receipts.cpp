#include "worker/app/dead_letters/discard_receipts.hpp"

#include <algorithm>

#include "worker/app/version.hpp"
#include "worker/core/command/command.hpp"

namespace app::dead_letters {

std::vector<core::OutgoingRecord> discard_receipts(
    const std::string& receipts_topic, const core::Discard& discard, const core::DecodeRules& rules,
    const core::Letter& letter, const core::Record& record, common::WallTime now) {
    core::ReceiptFacts facts;
    facts.from = letter.place.partition;
    facts.offset = letter.place.offset;
    facts.event_id = letter.envelope.id;
    facts.event_source = letter.envelope.source;
    facts.event_type = letter.envelope.type ? core::type_name(*letter.envelope.type) : std::string_view{};
    facts.subject = letter.envelope.subject;
    facts.traceparent = letter.envelope.traceparent;
    facts.app = letter.app;
    facts.discard = discard;
    facts.reason = letter.reason;
    // Required by the receipts' schema; a dead letter without it is somebody else's work.
    facts.error_code = letter.error_code.empty() ? std::string_view{"unknown"} : letter.error_code;
    facts.replay_of = letter.replay_of;
    facts.replays = letter.replays;
    facts.now = now;
    facts.worker_version = version();
    core::Decoded decoded = core::decode(record, rules);
    std::vector<core::Command> commands;
    if (auto* const event = std::get_if<core::Event>(&decoded)) {
        commands = core::commands_for(std::move(*event));
    }
    std::vector<core::OutgoingRecord> receipts;
    for (std::size_t index = 0; index < commands.size(); ++index) {
        const bool owed = letter.commands.empty() ||
                          std::binary_search(letter.commands.begin(), letter.commands.end(), index);
        if (owed) {
            facts.command = index;
            facts.action = commands[index].action;
            receipts.push_back(core::receipt(receipts_topic, facts, record.key));
        }
    }
    if (receipts.empty()) {
        receipts.push_back(core::receipt(receipts_topic, facts, record.key));
    }
    return receipts;
}

}  // namespace app::dead_letters
