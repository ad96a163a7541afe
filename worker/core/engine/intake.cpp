// Record -> obligation -> lane.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"
#include "worker/core/event/whose_turn.hpp"
#include "worker/core/planted.hpp"

namespace core {

namespace {

std::size_t size_of(const Record& record) {
    std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
    for (const Header& header : record.headers) {
        bytes += header.name.size() + (header.value ? header.value->size() : 0);
    }
    return bytes;
}

void leave_out_what_ended_before(Obligation& obligation) {
    const std::vector<std::size_t>& owed = obligation.lineage.commands;
    const std::size_t first = planted(Bug::replay_runs_everything)
                                  ? 0
                                  : first_to_run(obligation.lineage, obligation.commands.size());
    for (std::size_t index = 0; index < obligation.progress.size(); ++index) {
        const bool before = index < first || (planted(Bug::replay_runs_too_little) && !owed.empty() &&
                                              !std::binary_search(owed.begin(), owed.end(), index));
        // What a notification asks for is done after it was verified, also in a replay: headers prove
        // nothing.
        obligation.progress[index].ended_before =
            before && obligation.commands[index].action != Action::key_set;
    }
}

}  // namespace

void Engine::Impl::on(Assigned& assigned) {
    ++stats_.counters.rebalances;
    if (draining_) {
        effects_->emplace_back(Release{{assigned.epoch}});
        return;
    }
    const DecodedMap map =
        decode_offset_map(assigned.next + (planted(Bug::map_on_the_wrong_base) ? 1 : 0), assigned.metadata);
    if (map.origin == MapOrigin::foreign || map.origin == MapOrigin::damaged) {
        ++stats_.counters.offset_maps_ignored;
        say(Severity::warning, "offset_map_ignored",
            "the committed metadata is not an offset map of ours, so records that were finished out of order "
            "before "
            "may be executed again, which is harmless; it is replaced by the next commit",
            {{"partition", place_of(assigned.partition)}});
    }
    say(Severity::info, "partition_assigned", "reading from the committed offset",
        {{"partition", place_of(assigned.partition)}, {"offset", fmt::to_string(assigned.next.value)}});
    partitions_.emplace(
        assigned.epoch, Partition{
                            .name = std::move(assigned.partition),
                            .tracker = OffsetTracker{assigned.next, map.ranges},
                            .position = assigned.next,
                            .committed = assigned.next});
}

void Engine::Impl::on(Received& received) {
    Record& record = received.record;
    Partition* const from = partition(record.epoch);
    if (from == nullptr || from->leaving ||
        (record.offset < from->position && !planted(Bug::position_accepted_twice))) {
        ++stats_.counters.records_of_old_epochs;
        return;
    }
    ++stats_.counters.records;
    moved_ = now_.steady;
    from->position = record.offset + 1;
    if (from->tracker.delivered(record.offset)) {
        commit_later(*from);
        ++stats_.counters.records_already_finished;
        return;
    }
    Decoded decoded = decode(record, settings_.rules);
    if (Event* const event = std::get_if<Event>(&decoded)) {
        admit_event(*from, record, *event);
    } else {
        admit_invalid(*from, record, std::get<Invalid>(decoded));
    }
}

void Engine::Impl::admit_event(Partition& from, Record& record, Event& event) {
    ++stats_.counters.events[static_cast<std::size_t>(event.type)];
    if (!event.key_is_subject) {
        ++stats_.counters.key_not_subject;
        say_key_differs();
    }
    Obligation obligation{.record = std::move(record), .envelope = {}, .app = event.app};
    obligation.bytes = size_of(obligation.record);
    obligation.envelope = {
        std::move(event.id),
        std::move(event.source),
        std::move(event.subject),
        std::move(event.traceparent),
        event.type,
        event.time};
    const auto patience = settings_.time_to_execute[static_cast<std::size_t>(event.type)];
    obligation.deadline = event.time + std::chrono::duration_cast<common::WallTime::duration>(patience);
    obligation.received = now_.steady;
    obligation.lineage = lineage_of(obligation.record.headers);
    obligation.commands = commands_for(std::move(event));
    obligation.progress.resize(obligation.commands.size());
    leave_out_what_ended_before(obligation);
    obligation.current = obligation.next_from(0);
    from.bytes += obligation.bytes;
    bytes_buffered_ += obligation.bytes;
    ++from.buffered;
    const ObligationKey key = obligations_.insert(std::move(obligation));
    if (obligations_.at(key).envelope.type == EventType::notification) {
        admit_notification(key);
    } else {
        queue(key);
    }
}

// Puts the command whose turn it is into a lane of its account. Tokens and sessions have one each, so that an
// account's Deletes never wait for Apple's identity service; no rule of the contract ties the two.
void Engine::Impl::queue(ObligationKey key) {
    const Obligation& obligation = obligations_.at(key);
    if (obligation.current == obligation.commands.size()) {
        settle(key);
        return;
    }
    lanes_.push(
        lane_of(obligation), {key, channel_of(obligation.commands[obligation.current]), obligation.deadline});
}

// A subject may hold any text; one that ends like a lane of sessions shares it, which is harmless.
std::string Engine::Impl::lane_of(const Obligation& obligation) {
    using namespace std::string_literals;
    return goes_to_session_lane(obligation.commands[obligation.current])
               ? obligation.envelope.subject + "\0sessions"s
               : obligation.envelope.subject;
}

bool Engine::Impl::goes_to_session_lane(const Command& command) {
    return asks_about_session(command.action) && !planted(Bug::sessions_block_tokens);
}

void Engine::Impl::admit_invalid(Partition& from, Record& record, Invalid& invalid) {
    Obligation obligation{.record = std::move(record), .envelope = std::move(invalid.envelope), .app = {}};
    obligation.lineage = lineage_of(obligation.record.headers);
    obligation.invalid_code = planted(Bug::invalid_swallowed) ? std::string_view{} : invalid.code;
    obligation.first_failed = now_.wall;
    obligation.bytes = size_of(obligation.record);
    from.bytes += obligation.bytes;
    bytes_buffered_ += obligation.bytes;
    ++from.buffered;
    say_invalid(obligation, invalid);
    settle(obligations_.insert(std::move(obligation)));
}

void Engine::Impl::say_key_differs() {
    if (const auto records = key_differs_said_.due(now_.steady)) {
        say(Severity::warning, "key_is_not_subject",
            "records whose Kafka key is not the event's subject: order per account only holds within a "
            "partition, so ask the emitter to use the subject as key",
            {{"records", fmt::to_string(*records)}});
    }
}

void Engine::Impl::say_invalid(const Obligation& obligation, const Invalid& invalid) {
    if (const auto records = invalid_said_[invalid.code].due(now_.steady)) {
        say(Severity::warning, "invalid_event",
            fmt::format(
                "{}; such records go to the dead-letter topic. Whose turn it is: {}", invalid.sentence,
                whose_turn(invalid.code)),
            about(
                obligation, {{"code", std::string{invalid.code}},
                             {"pointer", invalid.pointer},
                             {"records", fmt::to_string(*records)}}));
    }
}

}  // namespace core
