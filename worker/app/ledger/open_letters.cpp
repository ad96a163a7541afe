#include "worker/app/ledger/open_letters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace app::ledger {
namespace {

// Records that one call of round() reads at most, so that the group hears of this worker in between.
constexpr std::size_t records_a_call = 20'000;

constexpr int looks_a_round = 5;

std::string name_of(const core::TopicPartition& partition) {
    return fmt::format("{}[{}]", partition.topic, partition.partition);
}

}  // namespace

OpenLetters::OpenLetters(Settings settings, Brokers& brokers)
    : settings_{std::move(settings)}, brokers_{brokers} {}

void OpenLetters::given(const std::vector<core::TopicPartition>& partitions) {
    parts_.clear();
    for (const core::TopicPartition& each : partitions) {
        parts_.emplace_back().partition = each;
    }
}

common::Result<OpenLetters::Step> OpenLetters::round(common::Instant now) {
    if (parts_.empty()) {
        return Step::done;
    }
    if (auto begun = begin(); !begun) {
        return begun.error();
    }
    if (auto all = read(now); !all || *all == Step::again) {
        return all;
    }
    if (auto settled = settle(); !settled) {
        return settled.error();
    }
    not_asked_.clear();
    ask_ends();
    believe(now);
    ask_commits(now);
    // Also when a source could not be asked: its letters wait and are counted, the others need not wait.
    if (const auto committed = commit(); !committed) {
        return committed.error();
    }
    return Step::done;
}

common::Result<bool> OpenLetters::begin() {
    std::vector<core::TopicPartition> fresh;
    for (const Part& part : parts_) {
        if (!part.begun) {
            fresh.push_back(part.partition);
        }
    }
    if (fresh.empty()) {
        return true;
    }
    const auto own = brokers_.offsets(settings_.group, fresh);
    if (!own) {
        return own.error();
    }
    const auto replay = brokers_.offsets(settings_.replay_group, fresh);
    if (!replay) {
        return replay.error();
    }
    std::size_t at = 0;
    for (Part& part : parts_) {
        if (part.begun) {
            continue;
        }
        const auto exist = brokers_.watermarks(part.partition);
        if (!exist) {
            return exist.error();
        }
        part.settled = settled_of(replay.value()[at], exist.value().end);
        Start start = start_of(exist.value(), own.value()[at], part.settled);
        lose(part, start.expired);
        part.ledger = core::Ledger{start.next, std::move(start.closed)};
        part.next = start.next;
        part.low = exist.value().first;
        part.fresh_from = exist.value().end;
        part.begun = true;
        ++at;
    }
    return true;
}

common::Result<OpenLetters::Step> OpenLetters::read(common::Instant now) {
    std::size_t budget = records_a_call;
    for (Part& part : parts_) {
        if (auto all = read(part, budget, now); !all || *all == Step::again) {
            return all;
        }
    }
    return Step::done;
}

common::Result<OpenLetters::Step> OpenLetters::read(Part& part, std::size_t& budget, common::Instant now) {
    const auto exist = brokers_.watermarks(part.partition);
    if (!exist) {
        return exist.error();
    }
    part.low = exist.value().first;
    part.end = exist.value().end;
    if (part.end < part.next) {
        lines_.push_back(
            {core::Severity::warning, "dead_letters_topic_made_again",
             fmt::format(
                 "{} is shorter than it was; the dead letters in it are counted anew",
                 name_of(part.partition))});
        part.ledger = core::Ledger{part.low};
        part.settled = {};
        part.next = part.low;
    }
    lose(part, part.ledger.expired_below(part.low));
    if (part.next < part.low) {
        lose(part, unsettled_between(part.next, part.low, part.settled, {}));
        part.next = part.low;
    }
    const bool was_full = std::exchange(part.full, size() >= settings_.letters_max);
    const auto take_one = [&](core::Record&& record) {
        take(part, record, now);
        part.full = size() >= settings_.letters_max;
        return --budget > 0 && !part.full;
    };
    if (part.next < part.end && !part.full) {
        const auto next = brokers_.read(part.partition, part.next, part.end, take_one);
        if (!next) {
            return next.error();
        }
        part.next = std::max(part.next, next.value());
    }
    if (part.full && !was_full) {
        lines_.push_back(
            {core::Severity::error, "dead_letters_too_many",
             fmt::format(
                 "{} open dead letters are held in memory, which is the limit; {} is not read on, so there "
                 "are more "
                 "than the metrics say. `autosignin-worker dead-letters list` counts them all",
                 size(), name_of(part.partition))});
    }
    return budget == 0 ? Step::again : Step::done;
}

void OpenLetters::take(Part& part, const core::Record& record, common::Instant now) {
    part.next = record.offset + 1;
    const core::LetterRead read = core::read_letter(part.partition, record, settings_.rules);
    const auto* const letter = std::get_if<core::Letter>(&read);
    if (letter == nullptr) {
        part.ledger.found_nothing(record.offset);
        return;
    }
    part.ledger.found(record.offset, {letter->reason, letter->since, letter->original.partition});
    if (auto line = kinds_.note(*letter, record.offset >= part.fresh_from, now)) {
        lines_.push_back(std::move(*line));
    }
}

common::Result<bool> OpenLetters::settle() {
    std::vector<core::TopicPartition> partitions;
    for (const Part& part : parts_) {
        partitions.push_back(part.partition);
    }
    const auto replay = brokers_.offsets(settings_.replay_group, partitions);
    if (!replay) {
        return replay.error();
    }
    for (std::size_t at = 0; at < parts_.size(); ++at) {
        Part& part = parts_[at];
        part.settled = settled_of(replay.value()[at], part.end);
        part.ledger.settled(part.settled.committed, part.settled.above);
    }
    return true;
}

void OpenLetters::believe(common::Instant now) {
    while (!commits_.empty() && now - commits_.front().asked >= settings_.believed_after) {
        for (const auto& [source, committed] : commits_.front().committed) {
            for (Part& part : parts_) {
                part.ledger.source_committed(source, committed);
            }
        }
        commits_.pop_front();
    }
}

// Every source in turn. One that does not answer takes its time, so after the second the rest waits for the
// next round.
void OpenLetters::ask_ends() {
    std::set<core::TopicPartition> wanted;
    for (const Part& part : parts_) {
        const auto of_part = part.ledger.ends_wanted();
        wanted.insert(of_part.begin(), of_part.end());
    }
    std::vector<core::TopicPartition> sources{wanted.begin(), wanted.end()};
    std::rotate(sources.begin(), std::lower_bound(sources.begin(), sources.end(), ask_first_), sources.end());
    for (const core::TopicPartition& source : sources) {
        const auto end = end_of(source);
        if (!end) {
            ask_first_ = source;
            if (!not_asked_.empty()) {
                return;
            }
            not_asked_ = end.error().message;
            continue;
        }
        for (Part& part : parts_) {
            part.ledger.source_ends(source, *end);
        }
    }
}

// 0: nobody reads there.
common::Result<core::Offset> OpenLetters::end_of(const core::TopicPartition& source) {
    if (!reads(source)) {
        return core::Offset{};
    }
    const auto there = brokers_.has(source);
    if (!there) {
        return there.error();
    }
    if (!*there) {
        return core::Offset{};
    }
    const auto exist = brokers_.watermarks(source);
    if (!exist) {
        return exist.error();
    }
    return exist->end;
}

void OpenLetters::ask_commits(common::Instant now) {
    std::set<core::TopicPartition> wanted;
    Commits commits{now, {}};
    for (const Part& part : parts_) {
        for (core::TopicPartition& source : part.ledger.commits_wanted()) {
            if (reads(source)) {
                wanted.insert(std::move(source));
            } else {
                commits.committed[source] = core::Offset{};
            }
        }
    }
    if (!wanted.empty()) {
        const auto known = brokers_.offsets(settings_.workers_group, {wanted.begin(), wanted.end()});
        if (!known) {
            not_asked_ = known.error().message;
        } else {
            std::map<core::TopicPartition, core::Offset> committed;
            for (const kafka::GroupOffset& each : *known) {
                committed[each.partition] = each.committed.value_or(core::Offset{});
            }
            pass_markers(committed);
            commits.committed.merge(committed);
        }
    }
    if (!commits.committed.empty()) {
        commits_.push_back(std::move(commits));
    }
}

// The end of a source counts the markers of transactions, and the workers commit what lies behind the last
// record. Where nothing follows, those never meet; so what holds no record up to the end counts as committed.
// Few sources a round, in turn, since each takes a fetch.
void OpenLetters::pass_markers(std::map<core::TopicPartition, core::Offset>& committed) {
    int looks = looks_a_round;
    std::vector<core::TopicPartition> sources;
    for (const auto& [source, offset] : committed) {
        sources.push_back(source);
    }
    std::rotate(
        sources.begin(), std::lower_bound(sources.begin(), sources.end(), look_first_), sources.end());
    for (const core::TopicPartition& source : sources) {
        std::optional<core::Offset> end;
        for (const Part& part : parts_) {
            end = std::max(end, part.ledger.waits_for(source));
        }
        if (!end || *end <= committed[source]) {
            continue;
        }
        look_first_ = source;
        if (looks-- == 0) {
            return;
        }
        if (holds_nothing(source, committed[source], *end)) {
            committed[source] = *end;
        }
    }
}

// False also when it cannot be told now.
bool OpenLetters::holds_nothing(const core::TopicPartition& source, core::Offset from, core::Offset to) {
    bool nothing = true;
    const auto next = brokers_.read(source, from, to, [&](core::Record&&) { return nothing = false; });
    return next && nothing && *next >= to;
}

// In every round, also when nothing is new: that the group takes it proves that the partitions are still
// ours.
common::Result<bool> OpenLetters::commit() {
    std::vector<kafka::GroupOffset> offsets;
    for (const Part& part : parts_) {
        // What expired unread leaves no trace in the ledger.
        const core::Offset committed = std::max(part.ledger.committable(), part.low);
        core::OffsetRanges above = part.ledger.closed_above();
        std::erase_if(
            above, [committed](const core::OffsetRange& range) { return range.first <= committed; });
        offsets.push_back({part.partition, committed, core::encode_offset_map(committed, above).text});
    }
    return brokers_.commit(offsets);
}

Owing OpenLetters::owing() const {
    Owing owing;
    for (const Part& part : parts_) {
        const core::Ledger::Sum sum = part.ledger.sum();
        owing.watched += part.begun && !part.full ? 1 : 0;
        for (std::size_t reason = 0; reason < owing.open.size(); ++reason) {
            owing.open[reason] += sum.open[reason] + sum.on_way[reason];
        }
        if (sum.oldest) {
            owing.oldest = std::min(owing.oldest.value_or(*sum.oldest), *sum.oldest);
        }
    }
    return owing;
}

void OpenLetters::lose(const Part& part, std::uint64_t letters) {
    if (letters == 0) {
        return;
    }
    expired_ += letters;
    lines_.push_back(
        {core::Severity::error,
         "dead_letters_expired",
         fmt::format(
             "{} open dead letters of {} are gone: its retention took them, and what they asked for was not "
             "done. "
             "Raise retention.ms of the topic; ask the account system which events are missing",
             letters, name_of(part.partition)),
         {{"letters", std::to_string(letters)}}});
}

std::size_t OpenLetters::size() const {
    std::size_t size = 0;
    for (const Part& part : parts_) {
        size += part.ledger.size();
    }
    return size;
}

// Nobody would ever execute a replay there, and replays to there are refused: what is settled was discarded.
bool OpenLetters::reads(const core::TopicPartition& source) const {
    return std::find(settings_.sources.begin(), settings_.sources.end(), source.topic) !=
           settings_.sources.end();
}

}  // namespace app::ledger
