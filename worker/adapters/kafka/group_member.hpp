// A member of a consumer group that is given partitions and reads nothing through it: the group only decides
// who looks after which partition, and keeps an offset and a text for each. Beside that it asks what other
// groups have committed.
//
//   auto member = GroupMember::open(settings, "autosignin-watch");
//   switch (member->poll(1s)) {
//       case News::given: look after partitions(); break;
//       case News::taken: stop looking; member->let_go(); break;   // nobody else is given them before
//
// Threads:  one thread. librdkafka's own threads do the network.
// Blocking: every call, for at most its bound.
// Errors:   sentences with what the brokers or the network said last and a remedy.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/event/record.hpp"

namespace kafka {

class GroupMember {
public:
    // Joins the group `settings.group_id` on `settings.topics` from the first poll() on, named `name` to
    // others who look. Never a static member: whoever dies is replaced after `session`.
    [[nodiscard]] static common::Result<std::unique_ptr<GroupMember>> open(
        const KafkaSettings& settings, const std::string& name);
    GroupMember(const GroupMember&) = delete;
    GroupMember& operator=(const GroupMember&) = delete;
    // Leaves the group, within two seconds; librdkafka needs up to fifteen while a commit was never answered.
    ~GroupMember();

    enum class News : unsigned char { none, given, taken };
    // Must be called at least every minute. Returns as soon as there is news. The error: why there is no
    // membership, or a topic cannot be given; it may pass.
    [[nodiscard]] common::Result<News> poll(common::Duration wait);
    // After `taken`. The rebalance waits for it.
    void let_go();
    [[nodiscard]] const std::vector<core::TopicPartition>& partitions() const noexcept;

    // Of any group. In the order of `partitions`. Keeps a client for each group that was asked about.
    [[nodiscard]] common::Result<std::vector<GroupOffset>> offsets(
        const std::string& group, const std::vector<core::TopicPartition>& partitions,
        common::Duration bound);

    // Whether the topic has such a partition. Error, among others: there is no such topic.
    [[nodiscard]] common::Result<bool> has(const core::TopicPartition& partition, common::Duration bound);

    // What exists, also of transactions that have not ended.
    [[nodiscard]] common::Result<Watermarks> watermarks(
        const core::TopicPartition& partition, common::Duration bound);

    // Refused once the group gave a partition to somebody else. So when it succeeds, nobody else is given any
    // of them for the length of `session` from the call on, unless poll() says `taken` before.
    [[nodiscard]] common::Result<bool> commit(
        const std::vector<GroupOffset>& offsets, common::Duration bound);

    // How long a member that says nothing keeps its place.
    static constexpr common::Duration session{std::chrono::seconds{15}};

private:
    struct Impl;
    explicit GroupMember(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
