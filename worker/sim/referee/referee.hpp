// Watches everything between workers and world, keeps its own account of what is finished, and says which
// promise was broken first. Also writes the trace, since it sees every transition.
//
// It believes the plan, Apple's decisions and the broker's stores, never the engine: a command is finished
// when Apple decided 204 or 404 for it, a record when all its commands are, or when its dead letter is stored
// and names the rest.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/token_bucket.hpp"
#include "worker/core/engine/stats.hpp"
#include "worker/sim/plan/plan.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/referee/letter_referee.hpp"
#include "worker/sim/referee/promise.hpp"
#include "worker/sim/world/swarm.hpp"
#include "worker/sim/world/trace.hpp"

namespace sim {

class Referee final : public Witness {
public:
    Referee(const Timeline& timeline, Trace& trace, const Swarm& swarm, const Plan& plan, Verdict& verdict)
        : letters{
              {timeline, trace, verdict, plan, [this](std::size_t record) { return finished(record); },
               [this](Probe probe) { reached(probe); }}},
          timeline_{timeline}, trace_{trace}, swarm_{swarm}, plan_{plan}, verdict_{verdict} {
        facts_.resize(plan.records.size());
        for (const PlannedRecord& record : plan.records) {
            largest_ = std::max(largest_, bytes_of(record));
        }
    }

    void worker_started(WorkerId worker);
    // `by_surprise`: it died in the middle of something.
    void worker_gone(WorkerId worker, bool by_surprise);
    // The worker got no turns for a while: what it finished before may not be committed yet.
    void worker_paused(WorkerId worker) { workers_.at(worker).paused = true; }
    // After a turn: what the worker says of itself is true.
    void check_counts(WorkerId worker, const core::Counters& counters, const core::Status& status);
    // After a turn: the worker holds no more records than it may.
    void check_buffer(WorkerId worker);
    void drain_requested(WorkerId worker);
    // Commands in flight that nobody else is going to repeat: neither canaries, nor of partitions that were
    // lost or given back late.
    [[nodiscard]] std::size_t in_flight(WorkerId worker) const;
    // Once everything is committed: Apple holds what the plan demands.
    void check_end(const AppleStore& store);
    // The commands that are owed for a record whose dead letter is stored; none: it is not.
    [[nodiscard]] const std::optional<std::set<std::size_t>>& dead_lettered(std::size_t record) const {
        return facts_[record].owed;
    }
    // What is still open, for the report of a world that does not come to rest.
    [[nodiscard]] std::string open_records(std::size_t shown_max) const;

    void assigned(WorkerId worker, const core::Assigned& input) override;
    void revoked(WorkerId worker, const core::Revoked& input) override;
    void received(WorkerId worker, const core::Received& input) override;
    void released(WorkerId worker, core::Epoch epoch) override;
    void commit_asked(WorkerId worker, const std::vector<core::PartitionCommit>& entries) override;
    void commit_ended(WorkerId worker, const core::CommitEnded& input) override;
    void not_signed(WorkerId worker) override;
    void sent(WorkerId worker, const ports::OutgoingRequest& request) override;
    void decided(const LedgerEntry& entry) override;
    void ended(WorkerId worker, const core::ExchangeEnded& input, const LedgerEntry* entry) override;
    void capacity(WorkerId worker, const core::CapacityChanged& input) override;
    void store_asked(WorkerId worker, const core::Store& store) override;
    void store_ended(WorkerId worker, const core::StoreEnded& input) override;
    void said(WorkerId worker, const core::Say& line) override;
    void committed(
        std::size_t partition, core::Epoch epoch, core::Offset offset, const std::string& metadata) override;
    void stored(core::StoreKind kind, const core::OutgoingRecord& record) override;
    void letter_written(const core::Position& place, const core::OutgoingRecord& letter) override;
    std::optional<PlannedRecord> replay_written(const core::OutgoingRecord& record) override {
        return letters.replayed(record);
    }
    void replay_appended(std::size_t record) override;
    void reached(Probe probe) override { ++probes_[static_cast<std::size_t>(probe)]; }

    LetterReferee letters;

    [[nodiscard]] const ProbeCounts& probes() const noexcept { return probes_; }

private:
    // What is true of a record, whoever works on it.
    struct Facts {
        std::optional<std::set<std::size_t>> owed{};  // its dead letter is stored and names these commands
        std::set<std::size_t> receipts{};             // by command
        bool event_receipt = false;
        std::uint64_t decided_before = 0;  // decisions that are not its own: it came later
    };
    // How a command ended, as its owner was told.
    struct Heard {
        bool executed = false;
        bool found_nothing = false;
        bool found_nothing_after_loss = false;
        bool lost = false;  // an attempt may have been executed
    };
    // What one ownership has been told.
    struct Ownership {
        std::size_t partition = 0;
        bool asked_back = false;
        common::Instant leaves_by = common::never;
        core::Offset first{};            // as assigned
        core::Offset handed_over_to{};   // the end of the map that came with it
        core::Offset next{};             // as assigned, then as last committed
        core::Offset acknowledged_to{};  // the last commit that the broker acknowledged
        std::set<std::size_t> acknowledged_map{};
        common::Instant covered_to{};    // when the last commit that was acknowledged was asked for
        common::Instant committed_at{};  // and acknowledged; or the assignment
        bool commit_refused = false;
        std::set<std::size_t> claimed{};  // records finished by an earlier owner
        std::set<std::size_t> received{};
        std::set<std::size_t> came_late{};            // of these, when it was leaving: left to the next owner
        std::map<std::size_t, Facts> acknowledged{};  // stores whose end was delivered
        std::map<std::size_t, std::set<std::size_t>> ended{};  // record -> commands with a final answer
        std::map<PlannedCommand, Heard> heard{};
        std::map<std::size_t, common::Instant> finished_at{};                     // records, receipts and all
        std::map<std::size_t, std::pair<core::Offset, std::size_t>> last_sent{};  // by account
    };
    struct Flight {
        core::EndpointId endpoint{};
        core::AppId app{};
        std::optional<std::size_t> account{};  // none: a canary
        core::Epoch epoch{};
        RecordPlace place{};
        PlannedCommand command{};
        bool disowned = false;
        std::uint64_t sent = 0;  // when, by the worker's own count of happenings
    };
    struct StoreWork {
        core::Epoch epoch{};
        std::size_t record = 0;
        std::optional<std::size_t> command{};
        std::set<std::size_t> owed{};
        core::StoreKind kind = core::StoreKind::receipt;
        std::string outcome{};  // of a receipt
    };
    // The gate of an app, as its answers draw it.
    struct Gate {
        bool closed = false;
        std::uint64_t since = 0;  // answers to requests sent before tell of another time
    };
    // Rejections of one kind of call of one app, as far as they may become dead letters.
    struct Rejections {
        std::size_t letters = 0;    // commands that Apple rejected by mistake, and that were given up
        std::size_t rejected = 0;   // the same, and those that it rejects rightly
        std::size_t heard = 0;      // answers that rejected a command
        std::size_t series = 1;     // times that a new row of rejections could begin
        bool pending = false;       // something was rejected since the last success
        std::size_t successes = 0;  // that ended a row
        std::map<PlannedCommand, std::size_t> rejected_in{};  // the row, by the number of successes before
        std::set<std::pair<std::size_t, std::size_t>> accounts{};  // with such letters: row, account
        int doubts = 0;
        int canaries_well = 0;
    };
    // A store that was asked for and is not acknowledged.
    struct Owed {
        core::Epoch epoch{};
        common::Instant since{};
    };
    // What was seen going in and out, to compare with what the worker counts.
    struct Tally {
        std::uint64_t turns = 0;
        std::uint64_t received = 0;
        std::uint64_t answered = 0;
        std::uint64_t canaries = 0;
        std::uint64_t receipts = 0;
        std::uint64_t letters = 0;
        std::uint64_t store_failures = 0;
        std::uint64_t commits = 0;
        std::uint64_t commit_failures = 0;
        std::array<std::uint64_t, core::actions.size()> executed{};
        std::array<std::uint64_t, core::actions.size()> found_nothing{};
        std::uint64_t maps_ignored = 0;
        std::size_t not_signed = 0;  // requests of this turn that had no credential
        std::size_t not_signed_ever = 0;
    };
    struct Worker {
        common::Instant since{};
        bool draining = false;
        bool paused = false;
        bool map_refused = false;  // maps are left out from then on
        common::Instant leaves_by = common::never;
        std::uint64_t happenings = 0;
        Tally tally{};
        std::map<core::AppId, Gate> gates{};
        std::map<std::pair<core::AppId, core::Action>, Rejections> rejections{};
        std::set<std::pair<core::Epoch, std::size_t>> letters_asked{};  // records
        std::map<core::AppId, common::TokenBucket> buckets{};
        std::vector<core::PartitionCommit> commit_under_way{};
        common::Instant commit_asked{};
        std::map<core::StoreId, Owed> owed{};
        common::Instant owed_from{};  // it slept, or the broker came back: what was owed before is excused
        common::Instant moved{};      // Apple answered or Kafka acknowledged
        common::Instant last_turn{};
        std::set<std::size_t> heads_given_up{};
        bool received_this_turn = false;
        std::map<core::Epoch, Ownership> owned{};
        std::map<core::ExchangeId, Flight> flights{};
        std::map<core::StoreId, StoreWork> stores{};
        std::map<core::EndpointId, std::size_t> capacity{};
        std::map<core::AppId, common::Instant> not_before{};
        std::map<std::size_t, std::size_t> in_flight_by_account{};
    };

    static void disown(Worker& worker, core::Epoch epoch);
    void broke(WorkerId worker, Promise promise, const std::string& seen);
    [[nodiscard]] std::pair<core::Epoch, Ownership*> owner_of(Worker& worker, std::size_t partition);

    // referee_sends.cpp
    [[nodiscard]] std::optional<RecordPlace> place_of(
        WorkerId worker, const Ownership& owner, const PlannedCommand& command);
    void check_limits(WorkerId worker, Worker& known, const Flight& flight);
    void check_gate(WorkerId worker, Worker& known, const Flight& flight);
    void tell_gate(Worker& known, const Flight& flight, const core::Exchange& exchange);
    void hear(Worker& known, Ownership& owner, const Flight& flight, const core::Exchange& exchange);

    // referee_rejections.cpp
    [[nodiscard]] bool poison(const PlannedCommand& command) const;
    void tell_rejections(Worker& known, const Flight& flight, const core::Exchange& exchange);
    void count_rejected(WorkerId worker, const StoreWork& work);
    void check_row(WorkerId worker, const Rejections& row, core::AppId app);
    void check_ration(WorkerId worker, const Rejections& row, core::AppId app);

    // referee_settles.cpp
    [[nodiscard]] bool finished(std::size_t record) const;
    [[nodiscard]] bool excused(const std::string& account) const;
    [[nodiscard]] bool given_up(std::size_t account) const;
    [[nodiscard]] bool decided(const PlannedCommand& command, const Facts& facts) const;
    [[nodiscard]] bool receipts_complete(std::size_t record, const Facts& facts) const;
    [[nodiscard]] bool receipts_wanted() const { return !swarm_.settings.receipts_topic.empty(); }
    [[nodiscard]] bool known_finished(const Ownership& owner, std::size_t record) const;
    void check_commit(
        WorkerId worker, const Worker& known, Ownership& owner, const core::PartitionCommit& entry);
    void check_reach(WorkerId worker, const Ownership& owner, const core::PartitionCommit& entry);
    [[nodiscard]] bool may_commit(const Ownership& owner, std::size_t record) const;
    void check_left_behind(WorkerId worker, const Ownership& owner, common::Instant finished_by);
    void check_receipt(WorkerId worker, const StoreWork& work, std::string_view outcome);
    void check_head_given_up(WorkerId worker, Worker& known, const core::Say& line);

    // referee_counts.cpp
    void check_tally(WorkerId worker, const Tally& tally, const core::Counters& counters);
    void check_gauges(WorkerId worker, const Worker& known, const core::Status& status);
    void check_held(WorkerId worker, const Worker& known, const core::Status& status);
    [[nodiscard]] bool known_executed(const Ownership& owner, std::size_t record) const;
    void acknowledged(Worker& known, common::Instant owed_since) const;
    void check_standstill(WorkerId worker, const Worker& known, const core::Status& status);
    void check_oldest(WorkerId worker, const Worker& known, const core::Status& status);
    [[nodiscard]] std::set<std::size_t> claims(
        std::size_t partition, core::Offset offset, const std::string& metadata) const;
    [[nodiscard]] StoreWork read_store(
        WorkerId worker, core::StoreKind kind, const core::OutgoingRecord& record);
    [[nodiscard]] bool receipt_of_letter(const core::OutgoingRecord& record);
    [[nodiscard]] StoreWork read_letter(WorkerId worker, const core::OutgoingRecord& record);
    [[nodiscard]] StoreWork read_receipt(WorkerId worker, const core::OutgoingRecord& record);
    void check_letter(
        WorkerId worker, const StoreWork& work, const core::OutgoingRecord& record, std::string_view reason);

    const Timeline& timeline_;
    Trace& trace_;
    const Swarm& swarm_;
    const Plan& plan_;
    Verdict& verdict_;
    std::vector<Facts> facts_;
    std::map<PlannedCommand, std::uint64_t> decided_;  // by the number of the last decision
    std::uint64_t decisions_ = 0;
    std::set<PlannedCommand> misjudged_;        // rejected by Apple though nothing was wrong with them
    std::set<std::size_t> accounts_misjudged_;  // with such a dead letter: Apple holds what is owed
    std::map<WorkerId, Worker> workers_;
    ProbeCounts probes_{};
    std::size_t largest_ = 0;  // record, in bytes
};

}  // namespace sim
