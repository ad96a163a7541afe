// The dead letters that are still owed in the partitions that this worker looks after, kept up to date by
// rounds. One round, in an order that matters (core/letters/ledger.hpp says why):
//
//   read what is new in the dead-letter partitions, up to their ends
//   what the replay group has settled                       -> on its way
//   the ends of the source partitions                       -> how far the workers have to come
//   what the workers had committed some rounds ago          -> closed
//   what the workers have committed now, for a later round
//   commit what is closed
//
// Commits of the workers are believed only when they are older than a round of anybody: a replay that failed
// again is stored as a new letter before the commit, perhaps in a partition that another worker looks after,
// and is counted there by then. So the sum over all workers does not sink in between.
//
// Memory:  at most `letters_max` letters; then partitions are not read on, are not counted as watched, and
//          the journal says so.
// Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/app/ledger/brokers.hpp"
#include "worker/app/ledger/new_kinds.hpp"
#include "worker/app/ledger/sources.hpp"
#include "worker/app/ledger/start.hpp"
#include "worker/core/letters/ledger.hpp"

namespace app::ledger {

struct Settings {
    std::string group;          // of those who watch
    std::string replay_group;   // of the people who replay and discard
    std::string workers_group;  // that reads the sources
    std::vector<std::string> sources;
    core::DecodeRules rules;
    std::size_t letters_max = 200'000;
    common::Duration believed_after = std::chrono::seconds{8};
};

// What is owed in the partitions of this worker.
struct Owing {
    std::size_t watched = 0;                 // partitions that are known completely
    core::CountsByReason open{};             // with those on their way
    std::optional<common::WallTime> oldest;  // since when
};

class OpenLetters {
public:
    // `brokers` outlives it.
    OpenLetters(Settings settings, Brokers& brokers);

    void given(const std::vector<core::TopicPartition>& partitions);
    // All of them.
    void taken() { parts_.clear(); }

    // `again`: there is more to read than one call takes; nothing is known yet. Error: nothing is known, as
    // what is needed could not be asked or committed; the next round asks again.
    enum class Step : unsigned char { again, done };
    [[nodiscard]] common::Result<Step> round(common::Instant now);

    // As of the last round that was done.
    [[nodiscard]] Owing owing() const;
    // What that round could not ask about the sources: letters on their way there stay counted. Empty:
    // nothing.
    [[nodiscard]] const std::string& not_asked() const noexcept { return sources_.not_asked(); }
    // Letters that retention took while they were open, since the process started.
    [[nodiscard]] std::uint64_t expired() const noexcept { return expired_; }
    // For the journal.
    [[nodiscard]] std::vector<core::Say> take_lines() { return std::exchange(lines_, {}); }

private:
    struct Part {
        core::TopicPartition partition;
        bool begun = false;
        core::Ledger ledger{core::Offset{}};
        core::Offset next{};        // to be read
        core::Offset low{};         // that exists
        core::Offset end{};         // as of this round
        core::Offset fresh_from{};  // above lie letters that were written since we look
        Settled settled{};
        bool full = false;
    };
    [[nodiscard]] common::Result<bool> begin();
    [[nodiscard]] common::Result<Step> read(common::Instant now);
    [[nodiscard]] common::Result<Step> read(Part& part, std::size_t& budget, common::Instant now);
    [[nodiscard]] common::Result<bool> settle();
    void ask_ends();
    void ask_commits(common::Instant now);
    [[nodiscard]] common::Result<bool> commit();
    void take(Part& part, const core::Record& record, common::Instant now);
    void lose(const Part& part, std::uint64_t letters);
    [[nodiscard]] std::size_t size() const;

    Settings settings_;
    Brokers& brokers_;
    std::vector<Part> parts_;
    Sources sources_;
    NewKinds kinds_;
    std::uint64_t expired_ = 0;
    std::vector<core::Say> lines_;
};

}  // namespace app::ledger
