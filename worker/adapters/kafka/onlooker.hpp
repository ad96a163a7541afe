// A client that asks what a group has committed, and whether it may commit there, without joining it.
//
// Private to this folder. Codes are rd_kafka_resp_err_t.
// Threads:  one thread.
// Blocking: every call, for at most its bound.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/last_fault.hpp"

namespace kafka {

class Onlooker {
public:
    Onlooker() : client_{"group", fault_} { client_.owner = this; }

    [[nodiscard]] common::Result<bool> open(KafkaSettings settings, const std::string& group);

    // In the order of `partitions`.
    [[nodiscard]] common::Result<std::vector<GroupOffset>, int> offsets(
        const std::vector<core::TopicPartition>& partitions, common::Duration bound);

    // 0: the group takes commits of this user, who may read the topic. Tried with a partition that no topic
    // has: brokers look at the rights first, and then there is nothing to commit.
    [[nodiscard]] int refusal_to_commit(const std::string& topic, common::Duration bound);

    [[nodiscard]] const LastFault& fault() const noexcept { return fault_; }
    // `code` in a sentence, with its remedy.
    [[nodiscard]] common::Error failed(int code);

private:
    void learn_refusal();

    LastFault fault_;
    Client client_;
    std::string group_;
    int refusal_ = 0;
};

}  // namespace kafka
