// Settles dead letters one after the other: stores what has to be stored for each (its replay, or its
// receipts of discard), and once the brokers have acknowledged all of it marks the letter as settled and
// commits that in the replay group. Whatever is interrupted, a letter is settled only after its records were
// acknowledged; at worst, what was acknowledged in the last moments before a crash is stored again, which is
// harmless.
//
// When a commit fails, nothing more is sent until one passes: that bounds what a crash repeats. Whether the
// replay group is lost is asked before every commit, five times a second; from then on nothing is sent any
// more. What was sent in between is not settled, and the next holder sends it again.
//
// Threads:  one.
// Blocking: take() while 256 letters are under way; all others 40 s at most.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/adapters/kafka/sole_member.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/core/letters/under_way.hpp"

namespace app::dead_letters {

class Courier {
public:
    // The sink outlives it. The member holds the replay group; without one, only single records are stored.
    explicit Courier(kafka::RecordSink& sink, std::unique_ptr<kafka::SoleMember> member = {})
        : sink_{sink}, member_{std::move(member)} {}

    // What the group committed.
    [[nodiscard]] common::Result<kafka::GroupOffset> committed(const core::TopicPartition& partition);
    // A record that settles no letter; stored when it returns.
    [[nodiscard]] common::Result<bool> store_now(core::OutgoingRecord record);

    // A partition is begun: where its settling stands.
    void begin(const core::TopicPartition& partition, core::Settling settling) {
        book_.begin(partition, std::move(settling));
    }
    [[nodiscard]] core::Settling& settling(const core::TopicPartition& partition) {
        return book_.settling(partition);
    }

    // The letter's records, at least one, are stored; it is settled when all of them are. False: nothing was
    // done and nothing more may be, as last_error() says.
    [[nodiscard]] bool take(const core::Position& letter, std::vector<core::OutgoingRecord> records);

    // Takes what the brokers answered and commits now and then. Waits for answers up to `wait`.
    // False, and so for ever: the replay group was lost, or the brokers take nothing.
    [[nodiscard]] bool pump(common::Duration wait);

    // As pump(), while there is nothing to send; also after leave(), and then only the time passes.
    [[nodiscard]] bool idle(common::Duration wait);

    // A record that is no dead letter and owes nothing.
    void settle_at_once(const core::Position& place) { book_.settle_at_once(place); }

    // Everything under way ends, and is committed. The error: what could not be committed.
    [[nodiscard]] common::Result<bool> finish();
    // The group is free for others. Nothing can be settled any more.
    void leave() { member_.reset(); }

    [[nodiscard]] std::uint64_t settled() const noexcept { return book_.settled(); }
    // Letters that the brokers did not take; they stay open.
    [[nodiscard]] std::uint64_t failed() const noexcept { return book_.failed(); }
    [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

private:
    void ended(const core::StoreEnded& end);
    void collect(common::Duration wait);
    void commit_now_and_then();
    [[nodiscard]] common::Result<bool> commit();
    void give_up(std::string why);

    kafka::RecordSink& sink_;
    std::unique_ptr<kafka::SoleMember> member_;
    std::optional<core::StoreEnded> single_;  // how the record of store_now() ended
    core::UnderWay book_;
    common::Instant next_commit_{};
    std::optional<common::Instant> behind_since_;  // commits fail
    bool given_up_ = false;
    std::string last_error_;
};

}  // namespace app::dead_letters
