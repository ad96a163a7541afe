// The book of a run that settles dead letters: which letters are under way, which records each waits for, and
// how far every partition is settled. A letter is settled only after all of its records were acknowledged
// (its replay, or its receipts of discard). While a commit fails nothing more is taken: that bounds what a
// crash repeats.
//
//   if (book.may_take()) for (Store& store : book.take(place, records)) sink.store(std::move(store));
//   book.ended(end);                     of each of these stores
//   group.commit(book.to_commit());      now and then
//   book.commit_ended(true);
//
// Pure. Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/core/letters/settling.hpp"
#include "worker/core/settle/lineage.hpp"

namespace core {

class UnderWay {
public:
    static constexpr std::size_t letters_max = 256;
    // So many letters on end that the brokers do not take are no accident: the next ones would fare no
    // better.
    static constexpr std::uint64_t failed_on_end_max = 20;

    // A partition is begun: where its settling stands.
    void begin(const TopicPartition& partition, Settling settling);
    // Requires that it was begun.
    [[nodiscard]] Settling& settling(const TopicPartition& partition) { return settling_.at(partition); }

    [[nodiscard]] bool may_take() const noexcept { return letters_.size() < letters_max && !behind_; }
    // What must be stored now; `records` are at least one.
    [[nodiscard]] std::vector<Store> take(const Position& letter, std::vector<OutgoingRecord> records);
    // Requires that the store came from take() and did not end before.
    void ended(const StoreEnded& end);
    // A record that is no dead letter and owes nothing.
    void settle_at_once(const Position& place);

    struct Progress {
        TopicPartition partition;
        Offset committed;
        std::string map;
    };
    // Of the partitions in which something was settled since the last commit that passed.
    [[nodiscard]] std::vector<Progress> to_commit() const;
    void commit_ended(bool passed);

    [[nodiscard]] bool empty() const noexcept { return letters_.empty(); }
    [[nodiscard]] std::uint64_t settled() const noexcept { return settled_; }
    // Letters that the brokers did not take; they stay open.
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
    // Since the last one that they took. What is too large says nothing about the next one.
    [[nodiscard]] std::uint64_t failed_on_end() const noexcept { return failed_on_end_; }
    // Of the last store that failed.
    [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

private:
    struct Taken {
        Position letter;
        std::size_t outstanding = 0;
        bool failed = false;
        bool too_large = false;
    };
    void settle(const Position& letter);

    std::map<TopicPartition, Settling> settling_;
    std::set<TopicPartition> dirty_;                    // settled something since the last commit
    std::map<std::uint64_t, Taken> letters_;            // by letter number
    std::map<std::uint64_t, std::uint64_t> letter_of_;  // by store id
    std::uint64_t next_id_ = 1;
    std::uint64_t settled_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t failed_on_end_ = 0;
    bool behind_ = false;  // the last commit failed
    std::string last_error_;
};

}  // namespace core
