#include "worker/app/ledger/sources.hpp"

#include <algorithm>
#include <utility>

namespace app::ledger {
namespace {

constexpr int looks_a_round = 5;

}  // namespace

// Every source in turn. One that does not answer takes its time, so after the second the rest waits for the
// next round.
void Sources::ask_ends(const std::set<core::TopicPartition>& wanted, const Tell& tell) {
    std::vector<core::TopicPartition> sources{wanted.begin(), wanted.end()};
    std::rotate(sources.begin(), std::lower_bound(sources.begin(), sources.end(), ask_first_), sources.end());
    for (const core::TopicPartition& source : sources) {
        const auto end = end_of(source);
        if (end) {
            tell(source, *end);
            continue;
        }
        ask_first_ = source;
        if (!not_asked_.empty()) {
            return;
        }
        not_asked_ = end.error().message;
    }
}

common::Result<core::Offset> Sources::end_of(const core::TopicPartition& source) {
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

void Sources::ask_commits(
    const std::map<core::TopicPartition, std::optional<core::Offset>>& wanted, common::Instant now) {
    std::vector<core::TopicPartition> asked;
    Commits commits{now, {}};
    for (const auto& [source, end] : wanted) {
        if (reads(source)) {
            asked.push_back(source);
        } else {
            commits.committed[source] = core::Offset{};
        }
    }
    if (!asked.empty()) {
        const auto known = brokers_.offsets(settings_.workers_group, asked);
        if (!known) {
            not_asked_ = known.error().message;
        } else {
            Committed committed;
            for (const kafka::GroupOffset& each : *known) {
                committed[each.partition] = each.committed.value_or(core::Offset{});
            }
            pass_markers(wanted, committed);
            commits.committed.merge(committed);
        }
    }
    if (!commits.committed.empty()) {
        commits_.push_back(std::move(commits));
    }
}

void Sources::believe(common::Instant now, const Tell& tell) {
    while (!commits_.empty() && now - commits_.front().asked >= settings_.believed_after) {
        for (const auto& [source, committed] : commits_.front().committed) {
            tell(source, committed);
        }
        commits_.pop_front();
    }
}

// The end of a source counts the markers of transactions, and the workers commit what lies behind the last
// record. Where nothing follows, those never meet; so what holds no record up to the end counts as committed.
// Few sources a round, in turn, since each takes a fetch.
void Sources::pass_markers(
    const std::map<core::TopicPartition, std::optional<core::Offset>>& wanted, Committed& committed) {
    int looks = looks_a_round;
    std::vector<core::TopicPartition> sources;
    for (const auto& [source, offset] : committed) {
        sources.push_back(source);
    }
    std::rotate(
        sources.begin(), std::lower_bound(sources.begin(), sources.end(), look_first_), sources.end());
    for (const core::TopicPartition& source : sources) {
        const auto end = wanted.find(source);
        if (end == wanted.end() || !end->second || *end->second <= committed[source]) {
            continue;
        }
        look_first_ = source;
        if (looks-- == 0) {
            return;
        }
        if (holds_nothing(source, committed[source], *end->second)) {
            committed[source] = *end->second;
        }
    }
}

// False also when it cannot be told now.
bool Sources::holds_nothing(const core::TopicPartition& source, core::Offset from, core::Offset to) {
    bool nothing = true;
    const auto next = brokers_.read(source, from, to, [&](core::Record&&) { return nothing = false; });
    return next && nothing && *next >= to;
}

// Nobody would ever execute a replay there, and replays to there are refused: what is settled was discarded.
bool Sources::reads(const core::TopicPartition& source) const {
    return std::find(settings_.topics.begin(), settings_.topics.end(), source.topic) !=
           settings_.topics.end();
}

}  // namespace app::ledger
