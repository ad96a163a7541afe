#include "worker/sim/referee/letter_referee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "worker/core/settle/offset_map.hpp"

namespace sim {

namespace {

// A run commits every 200 ms, and looks around at every tick.
constexpr common::Duration commit_slack = std::chrono::milliseconds{700};

std::string text_of(const core::Position& place) {
    return fmt::format("{}/{}/{}", place.partition.topic, place.partition.partition, place.offset.value);
}

std::string header(const core::OutgoingRecord& record, std::string_view name) {
    for (const core::Header& header : record.headers) {
        if (header.name == name) {
            return header.value.value_or("");
        }
    }
    return {};
}

bool ours(const core::Header& header) {
    return header.name.starts_with("dlq.");
}

// What the emitter wrote.
core::Headers original(const core::Headers& headers) {
    core::Headers kept = headers;
    std::erase_if(kept, ours);
    return kept;
}

std::string joined(const std::set<std::size_t>& commands) {
    return fmt::format("{}", fmt::join(commands, ","));
}

}  // namespace

bool covers(const Commits& committed, const core::Position& letter) {
    const auto of_partition = committed.find(letter.partition);
    if (of_partition == committed.end()) {
        return false;
    }
    const auto& [offset, map] = of_partition->second;
    const auto ranges = core::decode_offset_map(offset, map).ranges;
    return letter.offset < offset ||
           std::any_of(ranges.begin(), ranges.end(), [&](const core::OffsetRange& range) {
               return range.first <= letter.offset && letter.offset <= range.last;
           });
}

void LetterReferee::broke(Promise promise, const std::string& seen) {
    world_.trace.line(no_worker, '!', fmt::format("{}: {}", promise_name(promise), seen));
    world_.verdict.broke(promise, seen);
}

LetterReferee::Letter* LetterReferee::find(std::string_view place) {
    const auto found = by_place_.find(place);
    return found == by_place_.end() ? nullptr : &letters_[found->second];
}

bool LetterReferee::discarded(const Letter& letter) {
    return letter.event_discarded ||
           (!letter.owed.empty() &&
            std::includes(
                letter.discards.begin(), letter.discards.end(), letter.owed.begin(), letter.owed.end()));
}

bool LetterReferee::done(const Letter& letter) const {
    return discarded(letter) || std::any_of(letter.copies.begin(), letter.copies.end(), world_.finished);
}

// What is owed for the record was owed all the time since the letter that it replays, unless that had come to
// its end otherwise: then this is a duplicate, or a replay that landed late.
std::size_t LetterReferee::root_of(std::size_t record) const {
    const auto before = letter_of_copy_.find(record);
    const bool duplicate = std::any_of(
        letters_.begin(), letters_.end(), [record](const Letter& letter) { return letter.record == record; });
    if (before == letter_of_copy_.end() || duplicate) {
        return letters_.size();
    }
    const Letter& parent = letters_[before->second];
    const bool ended =
        discarded(parent) || std::any_of(parent.copies.begin(), parent.copies.end(), [&](std::size_t copy) {
            return copy != record && world_.finished(copy);
        });
    return ended ? letters_.size() : parent.root;
}

void LetterReferee::written(
    const core::Position& place, std::size_t record, const std::set<std::size_t>& owed,
    const core::OutgoingRecord& stored) {
    const PlannedRecord& planned = world_.plan.records[record];
    Letter letter{
        .place = place,
        .record = record,
        .owed = owed,
        .replays = planned.replays,
        .stored = world_.timeline.now().steady,
        .root = root_of(record)};
    if (planned.replays > 0) {
        world_.reached(Probe::replay_failed_again);
    }
    world_.trace.line(
        no_worker, 'D',
        fmt::format("{} of {} owes {}", text_of(place), world_.plan.position(record), joined(owed)));
    check_lineage(letter, stored);
    by_place_.emplace(text_of(place), letters_.size());
    letters_.push_back(std::move(letter));
}

// A letter of a replayed record knows the letter before, and how often that happened.
void LetterReferee::check_lineage(const Letter& letter, const core::OutgoingRecord& record) {
    const PlannedRecord& planned = world_.plan.records[letter.record];
    const bool omitted = !header(record, "dlq.headers.omitted").empty();
    if (header(record, "dlq.replay.of") != planned.replay_of ||
        header(record, "dlq.replay.count") != fmt::to_string(planned.replays)) {
        broke(
            Promise::ancestor_known,
            fmt::format(
                "the dead letter of {} says it descends from '{}' after {} replays{}, it does from '{}' "
                "after {}",
                world_.plan.position(letter.record), header(record, "dlq.replay.of"),
                header(record, "dlq.replay.count"), omitted ? ", its headers left out" : "",
                planned.replay_of, planned.replays));
    }
}

std::optional<PlannedRecord> LetterReferee::replayed(const core::OutgoingRecord& record) {
    const std::string of = header(record, "dlq.replay.of");
    Letter* const letter = find(of);
    if (letter == nullptr) {
        broke(Promise::ancestor_known, fmt::format("a replay names '{}', where no letter is", of));
        return std::nullopt;
    }
    const PlannedRecord& source = world_.plan.records[letter->record];
    const core::TopicPartition& home = world_.plan.partitions[source.partition];
    if (record.topic != home.topic || record.partition != home.partition) {
        broke(
            Promise::replay_goes_home,
            fmt::format("the replay of {} goes to partition {}", of, record.partition.value_or(-1)));
        return std::nullopt;
    }
    if (record.key != source.key || record.value != source.value ||
        original(record.headers) != original(source.headers)) {
        broke(Promise::letter_is_whole, fmt::format("the replay of {} differs from its original", of));
    }
    if (header(record, "dlq.replay.count") != fmt::to_string(source.replays + 1)) {
        broke(
            Promise::ancestor_known, fmt::format(
                                         "replay {} of {} says it is number {}", source.replays + 1, of,
                                         header(record, "dlq.replay.count")));
    }
    if (header(record, "dlq.commands") != joined(letter->owed)) {
        broke(
            Promise::only_owed_runs, fmt::format(
                                         "the replay of {} asks for commands {}, {} are owed", of,
                                         header(record, "dlq.commands"), joined(letter->owed)));
    }
    PlannedRecord copy = source;
    copy.headers = record.headers;
    copy.replays = source.replays + 1;
    copy.replay_of = of;
    // What comes behind the first owed command runs again, since an older letter that is replayed meanwhile
    // may have stored what it removes.
    copy.first_command = letter->owed.empty() ? 0 : *letter->owed.begin();
    copy.produced = {};
    copy.timestamp =
        record.timestamp.value_or(std::chrono::floor<std::chrono::milliseconds>(world_.timeline.now().wall));
    return copy;
}

void LetterReferee::appended(std::size_t record) {
    const PlannedRecord& copy = world_.plan.records[record];
    Letter& letter = *find(copy.replay_of);
    world_.trace.line(
        no_worker, 'Q', fmt::format("{} replays {}", world_.plan.position(record), copy.replay_of));
    if (!letter.copies.empty()) {
        world_.reached(Probe::replayed_twice);
    }
    letter.copies.push_back(record);
    letter_of_copy_[record] = static_cast<std::size_t>(&letter - letters_.data());
    for (const std::size_t later : world_.plan.logs[copy.partition]) {
        const PlannedRecord& other = world_.plan.records[later];
        if (other.account == copy.account && other.replays == 0 &&
            world_.plan.records[letter.record].offset < other.offset && other.offset < copy.offset) {
            world_.reached(Probe::replay_behind_newer_event);
            break;
        }
    }
}

bool LetterReferee::receipt(const std::string& id, const std::string& outcome) {
    for (std::string place = id;;) {
        if (Letter* const letter = find(place)) {
            if (outcome != "discarded") {
                broke(
                    Promise::one_visible_state,
                    fmt::format("the receipt of the letter {} says {}", place, outcome));
            }
            if (place.size() == id.size()) {
                letter->event_discarded = true;
            } else {
                std::size_t command = 0;
                std::from_chars(id.data() + place.size() + 1, id.data() + id.size(), command);
                if (!letter->owed.contains(command)) {
                    broke(
                        Promise::one_visible_state,
                        fmt::format("command {} of {} is discarded and not owed", command, place));
                }
                letter->discards.insert(command);
            }
            if (discarded(*letter)) {
                discarded_.insert(letter->record);
            }
            return true;
        }
        const std::size_t slash = place.rfind('/');
        if (slash == std::string::npos || place.size() < id.size()) {
            return false;
        }
        place.resize(slash);
    }
}

void LetterReferee::taken(
    Deed deed, std::uint64_t run, const core::Position& place, const Commits& committed) {
    Letter& letter = *find(text_of(place));
    if (covers(committed, place)) {
        broke(
            Promise::replayed_once,
            fmt::format("{} is settled and taken again by run {}", text_of(place), run));
    }
    if (letter.last_run == run) {
        broke(Promise::replayed_once, fmt::format("{} is taken twice by run {}", text_of(place), run));
    }
    if (letter.last_run != 0) {
        world_.reached(Probe::letter_taken_again);
    }
    if (deed == Deed::replay && letter.replays >= replays_max) {
        broke(
            Promise::replays_bounded,
            fmt::format("{} was replayed {} times and goes once more", text_of(place), letter.replays));
    }
    letter.last_run = run;
    letter.ack.reset();
}

void LetterReferee::acknowledged(const core::Position& place) {
    find(text_of(place))->ack = world_.timeline.now().steady;
}

// What was acknowledged longer ago than a commit takes is not done again because of a crash.
void LetterReferee::run_over(std::uint64_t run, const Commits& committed, bool left_open) {
    for (Letter& letter : letters_) {
        if (letter.last_run != run) {
            continue;
        }
        const bool lately = letter.ack && world_.timeline.now().steady - *letter.ack <= commit_slack;
        if (letter.ack && !lately && !left_open && !covers(committed, letter.place)) {
            broke(
                Promise::replayed_once,
                fmt::format(
                    "{} was acknowledged {:.3f} s ago and is not settled", text_of(letter.place),
                    common::seconds(world_.timeline.now().steady - *letter.ack)));
        }
        letter.ack.reset();
    }
}

void LetterReferee::settled(const Commits& committed) {
    for (const Letter& letter : letters_) {
        if (covers(committed, letter.place) && letter.copies.empty() && !discarded(letter)) {
            broke(
                Promise::settled_when_stored,
                fmt::format("{} is settled, and neither replayed nor discarded", text_of(letter.place)));
        }
    }
}

void LetterReferee::closed(const Commits& committed) {
    for (const Letter& letter : letters_) {
        if (covers(committed, letter.place) && !done(letter)) {
            broke(
                Promise::owed_until_done, fmt::format("{} is closed and still owed", text_of(letter.place)));
        }
    }
}

std::size_t LetterReferee::owed() const {
    return static_cast<std::size_t>(std::count_if(
        letters_.begin(), letters_.end(), [this](const Letter& letter) { return !done(letter); }));
}

// An event that was dead-lettered again is owed through its last letter.
void LetterReferee::shown(std::size_t open, common::Instant seen) {
    std::set<std::size_t> roots;
    for (const Letter& letter : letters_) {
        if (letters_[letter.root].stored < seen && !done(letter)) {
            roots.insert(letter.root);
        }
    }
    if (open < roots.size()) {
        broke(
            Promise::owed_until_done,
            fmt::format("{} dead letters are shown as open, {} events are owed", open, roots.size()));
    }
}

void LetterReferee::check_end(const Commits& committed) {
    for (const Letter& letter : letters_) {
        if (!covers(committed, letter.place) || !done(letter)) {
            broke(
                Promise::one_visible_state,
                fmt::format("{} is neither executed nor discarded in the end", text_of(letter.place)));
        }
    }
}

}  // namespace sim
