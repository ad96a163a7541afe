// Settles dead letters one after the other: stores what has to be stored for each (its replay, or its
// receipts of discard), and once the brokers have acknowledged all of it marks the letter as settled and
// commits that in the replay group. Whatever is interrupted, a letter is settled only after its records were
// acknowledged; at worst, what was acknowledged in the last moments before a crash is stored again, which is
// harmless.
//
// Threads:  one.
// Blocking: take() while 256 letters are under way; finish() until all have ended, 40 s at most.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/adapters/kafka/sole_member.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/core/letters/settling.hpp"

namespace app::dead_letters {

class Courier {
public:
    // All of them outlive it. The member holds the replay group.
    Courier(kafka::RecordSink& sink, kafka::SoleMember& member) : sink_{sink}, member_{member} {}

    // A partition is begun: where its settling stands.
    void begin(const core::TopicPartition& partition, core::Settling settling);
    [[nodiscard]] core::Settling& settling(const core::TopicPartition& partition) {
        return settling_.at(partition);
    }

    // The letter's records, at least one, are stored; it is settled when all of them are. False: nothing was
    // done and nothing more may be, because the replay group was lost.
    [[nodiscard]] bool take(const core::Position& letter, std::vector<core::OutgoingRecord> records);

    // Takes what the brokers answered and commits now and then. Waits for answers up to `wait`.
    // False: the replay group was lost.
    [[nodiscard]] bool pump(common::Duration wait);

    // A record that is no dead letter and owes nothing.
    void settle_at_once(const core::Position& place);

    // Everything under way ends, and is committed. The error: what could not be committed.
    [[nodiscard]] common::Result<bool> finish();

    [[nodiscard]] std::uint64_t settled() const noexcept { return settled_; }
    // Letters that the brokers did not take; they stay open.
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
    [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }

private:
    struct UnderWay {
        core::Position letter;
        std::size_t outstanding = 0;
        bool failed = false;
    };
    void ended(const core::StoreEnded& end);
    [[nodiscard]] common::Result<bool> commit();

    kafka::RecordSink& sink_;
    kafka::SoleMember& member_;
    std::map<core::TopicPartition, core::Settling> settling_;
    std::set<core::TopicPartition> dirty_;              // settled something since the last commit
    std::map<std::uint64_t, UnderWay> under_way_;       // by letter number
    std::map<std::uint64_t, std::uint64_t> letter_of_;  // by store id
    std::uint64_t next_id_ = 1;
    std::uint64_t settled_ = 0;
    std::uint64_t failed_ = 0;
    common::Instant next_commit_{};
    std::string last_error_;
};

}  // namespace app::dead_letters
