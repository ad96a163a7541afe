// The engine's state. One class, one file a stage of a record's way:
//   intake.cpp     assigned, received: record -> obligation -> lane
//   dispatch.cpp   whose turn it is -> SendRequest
//   answers.cpp    ExchangeEnded -> what becomes of the command
//   verdicts.cpp   what it tells about everybody: breaker, gate, acceptance
//   rations.cpp    how many commands may be given up in a minute
//   settlement.cpp dead letters and receipts -> acknowledged -> offset tracker
//   commits.cpp    what is safe to commit, when
//   leaving.cpp    revoked, lost, drained: let flights end, commit, let go
//   sessions.cpp   which session was asked about lately
//   notifications.cpp  Apple's notifications: which are believed, and the key set they wait for
//   flow.cpp       pause and resume, heads that block a window
//   standstill.cpp work that rests without a reason
//   status.cpp     what is reported
//   record_status.cpp  where one record stands
// engine.cpp holds step().
#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "common/once_a_minute.hpp"
#include "common/prng.hpp"
#include "common/slab.hpp"
#include "common/token_bucket.hpp"
#include "worker/core/engine/engine.hpp"
#include "worker/core/engine/obligation.hpp"
#include "worker/core/identity/notification.hpp"
#include "worker/core/schedule/breaker.hpp"
#include "worker/core/schedule/gate.hpp"
#include "worker/core/schedule/lanes.hpp"
#include "worker/core/settle/offset_map.hpp"
#include "worker/core/settle/offset_tracker.hpp"

namespace core {

class Engine::Impl {
public:
    explicit Impl(Settings settings);

    void step(std::span<Input> inputs, common::Now now, Effects& effects);
    [[nodiscard]] common::Instant next_deadline() const noexcept { return next_deadline_; }
    [[nodiscard]] const Stats& stats() const noexcept { return stats_; }
    [[nodiscard]] Status status(common::Now now) const;
    [[nodiscard]] RecordStatus record_status(const Position& asked, common::Now now) const;

private:
    // What is refused, throttled and limited together: an app at the Automatic Sign-In API, say.
    struct Credential {
        Gate gate;
        common::TokenBucket bucket;
        std::uint32_t channels_from = 0;  // ChannelId of its first action
        Action first_action = Action::erase;
        Action refused_action = Action::erase;  // of the command that was refused last
        GateReason refused_for = GateReason::none;
        ObligationKey refused{};  // and its record
    };
    // How many commands may be given up: see rations.cpp.
    struct Ration {
        common::TokenBucket bucket;
        common::OnceAMinute said{};
    };
    // One kind of call with one credential. What Apple says of Updates is no evidence about Deletes.
    struct Channel {
        CredentialId credential;
        Action action = Action::erase;
        Api api = Api::automatic_sign_in;
        Breaker breaker;
        Gate acceptance;            // closed while every command is rejected
        std::size_t in_flight = 0;  // canaries too
        Ration exhausted_ration;
        Ration rejected_ration;
        std::set<LaneKey> rejected{};     // accounts rejected in a row
        int rejections = 0;               // commands rejected in a row
        int doubts = 0;                   // times that only canaries said it was the records' fault
        int canaries_well = 0;            // since acceptance closed
        std::uint64_t found_nothing = 0;  // deletes in a row that found nothing at their first attempt
        common::OnceAMinute breaker_said{};
        bool opening_told = false;
        common::OnceAMinute found_nothing_said{};
    };
    // Apple's key set: one for everybody who waits.
    struct KeysInHand {
        std::optional<KeySet> set{};
        common::Instant asked{};      // when the request was sent that brought it
        bool fresh = false;           // not yet shown to those who wait
        std::size_t waiting = 0;      // lanes that wait for the next one
        bool refresh_wanted = false;  // it was used beyond its age
    };
    struct Asked {
        common::Instant at{};
        ObligationKey by{};
        bool answered = false;
    };
    struct Endpoint {
        std::size_t in_flight = 0;
        std::size_t capacity;
    };
    struct Partition {
        TopicPartition name;
        OffsetTracker tracker;
        Offset position;           // the next offset that may be delivered
        Offset committed;          // acknowledged by the broker
        std::size_t buffered = 0;  // obligations held
        std::size_t bytes = 0;     // in them
        std::size_t busy = 0;      // of these, in flight or settling
        std::size_t map_chars = 0;
        int commits_refused = 0;  // in a row
        bool dirty = false;       // something finished since the last commit was sent
        // Since when a commit of it is due that was not acknowledged; none: everything is committed.
        std::optional<common::Instant> commit_owed{};
        bool paused = false;
        bool leaving = false;
    };
    struct Flight {
        LaneKey lane{};  // none: a canary
        ObligationKey obligation{};
        CredentialId credential;
        Action action = Action::erase;
        bool lost_before = false;
        bool breaker_probe = false;
        bool breaker_canary = false;
        Gate::Term term = 0;             // of the credential's gate
        Gate::Term acceptance_term = 0;  // of the channel's
        common::Instant sent{};
    };
    struct StoreWork {
        ObligationKey obligation;
        StoreKind kind = StoreKind::receipt;
        std::optional<std::size_t> command{};  // receipt: about which command; none: about the event
        int failures = 0;
        std::optional<common::Instant> owed{};    // since it was first handed over, time in the queue aside
        std::optional<common::Instant> queued{};  // again, after a refusal
        std::optional<common::Instant> sent{};    // none: not in flight
    };
    // The partition that Kafka has owed an acknowledgement for longest, and that it has not answered for
    // longest.
    struct Owed {
        Epoch epoch{};
        common::Instant since = common::never;
    };
    struct OwedByKafka {
        Owed acknowledgement;
        Owed answer;
    };
    using FlightKey = common::SlabKey<struct FlightTag>;
    using StoreKey = common::SlabKey<struct StoreTag>;
    // Partitions that leave together: one revocation, or the drain.
    struct Leaving {
        std::vector<Epoch> epochs;
        common::Instant deadline;
    };

    // intake.cpp
    void on(Assigned& assigned);
    void on(Received& received);
    void admit_event(Partition& partition, Record& record, Event& event);
    void queue(ObligationKey key);
    [[nodiscard]] static std::string lane_of(
        const Obligation& obligation);  // of the command whose turn it is
    [[nodiscard]] static bool goes_to_session_lane(const Command& command);
    void admit_invalid(Partition& partition, Record& record, Invalid& invalid);
    void say_key_differs();
    void say_invalid(const Obligation& obligation, const Invalid& invalid);

    // dispatch.cpp
    void dispatch();
    void send_canaries();
    [[nodiscard]] bool may_send(const Channel& channel);
    [[nodiscard]] std::optional<ChannelId> most_urgent_channel();
    void send_next(ChannelId id);
    [[nodiscard]] bool gate_asks_canary(const Credential& owner) const;
    void note_refused(const Flight& flight, GateReason reason);
    void send_canary(Channel& channel, bool for_breaker);
    void launch(Flight flight, const Command& command);

    // answers.cpp
    void on(ExchangeEnded& ended);
    [[nodiscard]] Meaning meaning_of(const Flight& flight, const Exchange& exchange);
    void canary_ended(const Flight& flight, const Meaning& meaning, const Exchange& exchange);
    void tell_acceptance(const Flight& canary, const Meaning& meaning);
    void tell_breaker(const Flight& flight, const Meaning& meaning, const Exchange& exchange);
    void tell_gate(const Flight& flight, const Meaning& meaning, const Exchange& exchange);
    void charge(ObligationKey key);
    void finish_command(LaneKey lane, ObligationKey key, Outcome outcome);
    void fail_command(LaneKey lane, ObligationKey key, DeadLetterReason reason);
    void next_command(LaneKey lane, ObligationKey key);
    [[nodiscard]] bool dropped_when_leaving(const Flight& flight);
    void retry_command(const Flight& flight, bool costs_attempt, const Exchange& exchange);
    [[nodiscard]] bool rejection_is_suspicious(const Flight& flight);
    void say_breaker(Channel& channel, bool opened, const Exchange& exchange);
    void say_failed(
        const Obligation& obligation, const Flight& flight, ExchangeId id, const Exchange& exchange);
    void watch_deletes(const Flight& flight, const CommandProgress& progress, Done done);

    // sessions.cpp
    [[nodiscard]] bool asked_lately(const Command& command, ObligationKey by);
    void session_answered(const Command& command, CommandProgress& progress, Done done);
    void remember_answer(const Command& command);

    // notifications.cpp
    enum class Verdict : std::uint8_t { believed, refused, waits };
    void admit_notification(ObligationKey key);
    [[nodiscard]] Verdict judge_notification(ObligationKey key, Outcome believed);
    [[nodiscard]] std::optional<InvalidCode> repeated(
        const Notification& notification, const Obligation& obligation);
    void refuse_notification(ObligationKey key, InvalidCode code);
    void believe(ObligationKey key, const Notification& notification, Outcome outcome);
    void take_key_set(const Flight& flight, const Exchange& exchange);
    void show_key_set();
    void judge_in_lane(LaneKey lane, ObligationKey key);
    [[nodiscard]] bool key_set_is_due(const Channel& channel) const;

    // rations.cpp
    [[nodiscard]] bool may_exhaust(const Flight& flight, const CommandProgress& progress);
    [[nodiscard]] bool may_reject(const Flight& flight, const CommandProgress& progress);
    void withhold_rejection(const Flight& flight, const Exchange& exchange);
    [[nodiscard]] bool may_give_up_head(const Obligation& head);
    void say_withheld(const Flight& flight, Ration& ration, std::string_view event, const char* message);

    // settlement.cpp
    void settle(ObligationKey key);
    void store_receipts(ObligationKey key);
    void emit_stores();
    void emit(StoreKey key, StoreWork& work);
    [[nodiscard]] OutgoingRecord dead_letter_of(const Obligation& obligation) const;
    [[nodiscard]] OutgoingRecord receipt_of(
        const Obligation& obligation, std::optional<std::size_t> command) const;
    void on(StoreEnded& ended);
    void finish(ObligationKey key);
    void forget(ObligationKey key);
    void say_outcome(const Obligation& obligation);

    // commits.cpp
    void commit_later(Partition& partition);
    void commit_if_due(bool at_once);
    void on(CommitEnded& ended);

    // leaving.cpp
    void on(Revoked& revoked);
    void on(DrainRequested& requested);
    void leave(std::vector<Epoch> epochs, common::Instant deadline);
    void drop_idle(const std::vector<Epoch>& epochs);
    void let_go();
    void release(const std::vector<Epoch>& epochs);
    void forget_refusals();

    // flow.cpp
    void on(CapacityChanged& changed);
    void on(CredentialChanged& changed);
    void on(Tick&) {}
    void pause_or_resume();
    void give_up_blocking_head(Epoch epoch, Partition& partition);

    // Whether something that holds the channel is closed: its credential's gate, its acceptance or its
    // breaker.
    [[nodiscard]] bool held(const Channel& channel) const {
        return credentials_[channel.credential.value].gate.state() != GateState::open ||
               channel.acceptance.state() != GateState::open ||
               channel.breaker.state() != BreakerState::closed;
    }

    // standstill.cpp
    [[nodiscard]] bool held_on_purpose(const Channel& channel) const;
    [[nodiscard]] bool something_should_move() const;
    void begin_watch();
    void acknowledged(common::Instant owed_since);
    [[nodiscard]] OwedByKafka longest_owed() const;
    void watch_for_standstill();
    [[nodiscard]] common::Instant next_watch() const;
    [[nodiscard]] std::optional<Standstill> standstill(common::Now now) const;

    // status.cpp
    void show_holds(Status& status, common::Now now) const;
    [[nodiscard]] Wait wait_of(const Obligation& obligation) const;

    // record_status.cpp
    [[nodiscard]] std::optional<LanePlace> lane_place(const Obligation& asked, common::Now now) const;
    [[nodiscard]] std::vector<Barrier> barriers_of(const Channel& channel, common::Now now) const;

    [[nodiscard]] bool identity_in_use() const noexcept { return !audiences_.empty(); }

    // engine.cpp
    [[nodiscard]] common::Instant earliest_deadline();
    void say(
        Severity severity, std::string_view event, std::string message,
        std::vector<std::pair<std::string_view, std::string>> fields = {});

    [[nodiscard]] Credential& credential(CredentialId id) { return credentials_[id.value]; }
    [[nodiscard]] ChannelId channel_of(CredentialId id, Action action) const {
        const Credential& owner = credentials_[id.value];
        return ChannelId{
            owner.channels_from + static_cast<std::uint32_t>(action) -
            static_cast<std::uint32_t>(owner.first_action)};
    }
    [[nodiscard]] ChannelId channel_of(const Command& command) const {
        return channel_of(command.credential, command.action);
    }
    [[nodiscard]] Channel& channel(ChannelId id) { return channels_[id.value]; }
    [[nodiscard]] Channel& channel(const Flight& flight) {
        return channel(channel_of(flight.credential, flight.action));
    }
    [[nodiscard]] std::size_t& in_flight_at(Api api) { return in_flight_[static_cast<std::size_t>(api)]; }
    [[nodiscard]] Endpoint& endpoint_of(CredentialId id) {
        return endpoints_[settings_.credentials[id.value].endpoint.value];
    }
    // How log lines name a credential.
    using Fields = std::vector<std::pair<std::string_view, std::string>>;
    [[nodiscard]] Fields named(CredentialId id, Fields more = {}) const;
    // And an event: where its record is, and its trace if it has one.
    [[nodiscard]] Fields about(const Obligation& obligation, Fields more = {}) const;
    [[nodiscard]] static std::string place_of(const TopicPartition& partition);
    [[nodiscard]] Partition* partition(Epoch epoch);

    Settings settings_;
    common::Prng random_;
    Stats stats_;

    std::vector<Credential> credentials_;  // by CredentialId
    std::vector<Channel> channels_;        // by ChannelId
    std::vector<Endpoint> endpoints_;
    Lanes lanes_;
    common::Slab<ObligationTag, Obligation> obligations_;
    common::Slab<FlightTag, Flight> flights_;
    std::array<std::size_t, apis.size()> in_flight_{};
    std::size_t bytes_buffered_ = 0;

    KeysInHand keys_;
    std::vector<std::string> audiences_;                // our client ids
    std::map<std::string, std::string> notifications_;  // `jti` -> the event that brought it
    std::deque<std::string> notifications_in_order_;
    std::map<std::string, Asked> sessions_;  // by fingerprint
    std::deque<std::string> sessions_in_order_;

    common::Slab<StoreTag, StoreWork> stores_;
    std::deque<StoreKey> stores_queued_;
    std::set<std::pair<common::Instant, StoreKey>> stores_to_repeat_;
    std::size_t stores_in_flight_ = 0;

    std::map<Epoch, Partition> partitions_;
    std::vector<Leaving> leaving_;
    bool draining_ = false;
    bool finished_ = false;
    bool drained_in_time_ = true;

    std::vector<PartitionCommit> commit_under_way_;
    common::Instant commit_sent_{};
    std::size_t completions_ = 0;  // since the last commit
    common::Instant next_commit_{};
    bool map_refused_ = false;   // the broker takes no metadata of our size
    bool refused_last_ = false;  // the last commit of what is still ours: then next_commit_ binds

    common::Instant moved_{};    // a record came, Apple answered or Kafka acknowledged
    common::Instant watched_{};  // the last step
    bool should_move_ = false;   // since then
    // Before this nothing that Kafka owes counts: the process was stopped, or the brokers were away.
    common::Instant owed_from_{};
    common::Instant next_look_{};
    bool standstill_said_ = false;
    std::string last_store_error_;
    std::string last_commit_error_;

    common::Instant next_deadline_ = common::never;
    common::OnceAMinute key_differs_said_;
    std::map<std::string_view, common::OnceAMinute> invalid_said_;  // by code
    std::map<std::string_view, common::OnceAMinute> refused_said_;  // notifications, by code
    common::OnceAMinute store_refused_said_;
    common::OnceAMinute commit_refused_said_;

    // Valid during step().
    common::Now now_{};
    Effects* effects_ = nullptr;
};

}  // namespace core
