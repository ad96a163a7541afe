#include "worker/app/ledger/open_letters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace app::ledger {
namespace {

// Records that one call of round() reads at most, so that the group hears of this worker in between.
constexpr std::size_t records_a_call = 20'000;

std::string name_of(const core::TopicPartition& partition) {
    return fmt::format("{}[{}]", partition.topic, partition.partition);
}

}  // namespace

OpenLetters::OpenLetters(Settings settings, Brokers& brokers)
    : settings_{std::move(settings)},
      brokers_{brokers},
      sources_{{settings_.workers_group, settings_.sources, settings_.believed_after}, brokers} {}

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
    sources_.begin_round();
    ask_ends();
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

void OpenLetters::ask_ends() {
    std::set<core::TopicPartition> wanted;
    for (const Part& part : parts_) {
        const auto of_part = part.ledger.ends_wanted();
        wanted.insert(of_part.begin(), of_part.end());
    }
    sources_.ask_ends(wanted, [&](const core::TopicPartition& source, core::Offset end) {
        for (Part& part : parts_) {
            part.ledger.source_ends(source, end);
        }
    });
}

void OpenLetters::ask_commits(common::Instant now) {
    sources_.believe(now, [&](const core::TopicPartition& source, core::Offset committed) {
        for (Part& part : parts_) {
            part.ledger.source_committed(source, committed);
        }
    });
    std::map<core::TopicPartition, std::optional<core::Offset>> wanted;
    for (const Part& part : parts_) {
        for (const core::TopicPartition& source : part.ledger.commits_wanted()) {
            std::optional<core::Offset>& end = wanted[source];
            end = std::max(end, part.ledger.waits_for(source));
        }
    }
    sources_.ask_commits(wanted, now);
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

}  // namespace app::ledger
