// How far the workers have come in the source partitions that letters on their way wait for.
//
// What the workers have committed is believed only when it is older than a round of anybody (open_letters.hpp
// says why). A source that does not answer keeps its letters waiting, and the others go on.
//
// Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "worker/app/ledger/brokers.hpp"

namespace app::ledger {

class Sources {
public:
    struct Settings {
        std::string workers_group;
        std::vector<std::string> topics;  // that the workers read
        common::Duration believed_after{};
    };
    // `brokers` outlives it.
    Sources(Settings settings, Brokers& brokers) : settings_{std::move(settings)}, brokers_{brokers} {}

    void begin_round() { not_asked_.clear(); }
    // What this round could not ask; empty: nothing.
    [[nodiscard]] const std::string& not_asked() const noexcept { return not_asked_; }

    using Tell = std::function<void(const core::TopicPartition& source, core::Offset offset)>;
    // The ends of the sources; 0: nobody reads there.
    void ask_ends(const std::set<core::TopicPartition>& wanted, const Tell& tell);

    // For a later round: what the workers have committed now. With each source goes the end that letters wait
    // for; none: none waits.
    void ask_commits(
        const std::map<core::TopicPartition, std::optional<core::Offset>>& wanted, common::Instant now);
    // What they had committed some rounds ago.
    void believe(common::Instant now, const Tell& tell);

private:
    using Committed = std::map<core::TopicPartition, core::Offset>;
    [[nodiscard]] bool reads(const core::TopicPartition& source) const;
    [[nodiscard]] common::Result<core::Offset> end_of(const core::TopicPartition& source);
    void pass_markers(
        const std::map<core::TopicPartition, std::optional<core::Offset>>& wanted, Committed& committed);
    [[nodiscard]] bool holds_nothing(const core::TopicPartition& source, core::Offset from, core::Offset to);

    Settings settings_;
    Brokers& brokers_;
    struct Commits {
        common::Instant asked;
        Committed committed;
    };
    std::deque<Commits> commits_;      // not believed yet
    core::TopicPartition ask_first_;   // source whose turn it is to be asked for its end
    core::TopicPartition look_first_;  // and to be looked into
    std::string not_asked_;
};

}  // namespace app::ledger
