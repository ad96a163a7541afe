// A consumer group that only its committed offsets matter of: one process at a time works for it, without
// reading a record through it. The broker is the lock: who is no member cannot commit, and who is not the
// only member does not begin.
//
// Threads:  one thread. librdkafka's own threads do the network.
// Blocking: every call, at most as long as it says.
// Errors:   sentences with what the brokers or the network said last and a remedy.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

struct NotJoined {
    std::string message;
    bool held = false;      // by the member that the message names
    bool given_up = false;  // whoever was asked meanwhile did not want to wait
};

class SoleMember {
public:
    // Joins the group `settings.group_id` on `settings.topics`, named `name` to others who look. Waits at
    // most `bound` for a member that died to be declared dead. Blocks for longer: up to 10 s for each
    // question to brokers that do not answer (the topics, the group's members), and 15 s for the group to
    // take it in. `goes_on` is asked several times a second meanwhile, with the member that is waited for
    // (empty: for the brokers); when it says no, nothing is joined.
    using GoesOn = std::function<bool(const std::string& member)>;
    [[nodiscard]] static common::Result<std::unique_ptr<SoleMember>, NotJoined> join(
        const KafkaSettings& settings, const std::string& name, common::Duration bound,
        const GoesOn& goes_on);
    SoleMember(const SoleMember&) = delete;
    SoleMember& operator=(const SoleMember&) = delete;
    // Leaves the group.
    ~SoleMember();

    [[nodiscard]] common::Result<std::vector<GroupOffset>> offsets(
        const std::vector<core::TopicPartition>& partitions, common::Duration patience);
    // Within 30 s.
    [[nodiscard]] common::Result<bool> commit(const std::vector<GroupOffset>& offsets);

    // Must be called at least every minute. False for ever once somebody else joined, or the group took this
    // member for dead: nothing may be done any more, and commits are refused.
    [[nodiscard]] bool still_sole();

    // How long a member that says nothing keeps its place.
    static constexpr common::Duration session{std::chrono::seconds{6}};

private:
    struct Impl;
    explicit SoleMember(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
