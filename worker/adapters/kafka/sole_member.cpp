#include "worker/adapters/kafka/sole_member.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/group_calls.hpp"
#include "worker/adapters/kafka/last_fault.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr int commit_milliseconds = 30'000;

Properties properties(const std::string& group, const std::string& name) {
    Properties all = group_client_properties(group, name);
    constexpr auto session = std::chrono::duration_cast<std::chrono::milliseconds>(SoleMember::session);
    all.emplace("partition.assignment.strategy", "range");
    all.emplace("session.timeout.ms", std::to_string(session.count()));
    all.emplace("heartbeat.interval.ms", "1000");
    return all;
}

// A client in the group.
struct Membership {
    Membership() : client{"group", fault} { client.owner = this; }

    [[nodiscard]] common::Result<bool> open(const KafkaSettings& settings, const std::string& name) {
        KafkaSettings quiet = settings;
        quiet.statistics_interval = {};
        group = settings.group_id;
        auto conf = client.configure(quiet, {}, properties(group, name));
        if (!conf) {
            return conf.error();
        }
        rd_kafka_conf_set_rebalance_cb(conf->get(), rebalanced);
        return client.open(std::move(*conf), true);
    }

    [[nodiscard]] common::Error failed(int code) {
        listen(client);
        return group_failure(fault, group, code);
    }

    [[nodiscard]] common::Result<std::vector<GroupOffset>> offsets(
        const std::vector<core::TopicPartition>& partitions, common::Duration patience) {
        const RdPartitions list = list_of(partitions);
        const common::Instant deadline = steady_now() + patience;
        if (const auto code = rd_kafka_committed(client.handle(), list.get(), milliseconds_left(deadline))) {
            return failed(code);
        }
        auto found = committed_in(*list);
        if (!found) {
            return failed(found.error());
        }
        return std::move(*found);
    }

    // Nothing is read through the group, so an assignment is noted and taken empty.
    static void rebalanced(
        rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
        void* opaque) {
        auto& self = *static_cast<Membership*>(static_cast<Client*>(opaque)->owner);
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !self.lost) {
            self.assigned = partitions->cnt;
            assign_nothing(handle);
        } else {
            self.lost = true;
            rd_kafka_assign(handle, nullptr);
        }
    }

    LastFault fault;
    Client client;
    std::string group;
    int assigned = -1;  // partitions; -1: the group has not said yet
    bool lost = false;
};

// The member that is in the group, as people would look for it; empty: there is none.
common::Result<std::string> member_of(Membership& membership, common::Duration patience) {
    const rd_kafka_group_list* groups = nullptr;
    const int milliseconds = milliseconds_left(steady_now() + patience);
    const auto code =
        rd_kafka_list_groups(membership.client.handle(), membership.group.c_str(), &groups, milliseconds);
    auto member = member_in(groups, membership.group, code);
    if (groups != nullptr) {
        rd_kafka_group_list_destroy(groups);
    }
    return member ? common::Result<std::string>{std::move(*member)} : membership.failed(member.error());
}

// So many partitions have the topics; an error when one is not there.
common::Result<int> partitions_of(Membership& membership, const std::vector<std::string>& topics) {
    int count = 0;
    for (const std::string& topic : topics) {
        const int milliseconds = milliseconds_left(steady_now() + 10s);
        const PartitionCount found = partition_count(membership.client.handle(), topic, milliseconds);
        if (found.code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            listen(membership.client);
            return failure(membership.fault, topic, found.code);
        }
        count += found.count;
    }
    return count;
}

}  // namespace

struct SoleMember::Impl {
    Membership membership;
};

SoleMember::SoleMember(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

SoleMember::~SoleMember() {
    leave_group(impl_->membership.client.handle(), 5s);
}

common::Result<std::unique_ptr<SoleMember>, NotJoined> SoleMember::join(
    const KafkaSettings& settings, const std::string& name, common::Duration bound, const GoesOn& goes_on) {
    auto impl = std::make_unique<Impl>();
    Membership& membership = impl->membership;
    if (auto opened = membership.open(settings, name); !opened) {
        return NotJoined{opened.error().message};
    }
    const auto partitions = partitions_of(membership, settings.topics);
    if (!partitions) {
        return NotJoined{partitions.error().message};
    }
    const common::Instant deadline = steady_now() + bound;
    // A member works, or it died and its session runs out. Who cannot tell does not join: that would end the
    // work of whoever is there.
    auto member = member_of(membership, 10s);
    const auto given_up = [&settings] {
        return NotJoined{fmt::format("{} was not joined", settings.group_id), false, true};
    };
    while (!member || !member->empty()) {
        if (!goes_on(member ? *member : std::string{})) {
            return given_up();
        }
        if (milliseconds_left(deadline) == 0) {
            return member ? NotJoined{fmt::format("{} is held by {}", settings.group_id, *member), true}
                          : NotJoined{fmt::format(
                                "it cannot be told whether somebody holds {}, so it is left alone: {}",
                                settings.group_id, member.error().message)};
        }
        rd_kafka_poll(membership.client.handle(), 500);
        member = member_of(membership, 10s);
    }
    rd_kafka_poll_set_consumer(membership.client.handle());
    const RdPartitions topics = list_of(settings.topics);
    if (const auto code = rd_kafka_subscribe(membership.client.handle(), topics.get())) {
        return NotJoined{membership.failed(code).message};
    }
    auto joined = std::unique_ptr<SoleMember>{new SoleMember{std::move(impl)}};
    const common::Instant joined_by = std::max(deadline, steady_now() + 15s);
    while (membership.assigned < 0 && !membership.lost) {
        if (milliseconds_left(joined_by) == 0) {
            return NotJoined{membership.failed(RD_KAFKA_RESP_ERR__TIMED_OUT).message};
        }
        if (!goes_on({})) {
            return given_up();
        }
        static_cast<void>(joined->still_sole());
        rd_kafka_poll(membership.client.handle(), 0);
    }
    if (membership.lost || membership.assigned < *partitions) {
        member = member_of(membership, 10s);
        return NotJoined{
            fmt::format(
                "{} was joined by somebody else at the same moment ({})", settings.group_id,
                member ? *member : "who cannot be told"),
            true};
    }
    return joined;
}

common::Result<std::vector<GroupOffset>> SoleMember::offsets(
    const std::vector<core::TopicPartition>& partitions, common::Duration patience) {
    return impl_->membership.offsets(partitions, patience);
}

common::Result<bool> SoleMember::commit(const std::vector<GroupOffset>& offsets) {
    Membership& membership = impl_->membership;
    const int code = commit_offsets(membership.client.handle(), offsets, commit_milliseconds);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? common::Result<bool>{true} : membership.failed(code);
}

bool SoleMember::still_sole() {
    Membership& membership = impl_->membership;
    // An error at most, and the error callback told it.
    const RdMessage message{rd_kafka_consumer_poll(membership.client.handle(), 10)};
    return !membership.lost;
}

}  // namespace kafka
