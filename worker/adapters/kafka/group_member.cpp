#include "worker/adapters/kafka/group_member.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/convert.hpp"
#include "worker/adapters/kafka/group_calls.hpp"
#include "worker/adapters/kafka/last_fault.hpp"
#include "worker/adapters/kafka/onlooker.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr common::Duration leave_bound = 2s;

Properties properties(const std::string& group, const std::string& name) {
    Properties all = group_client_properties(group, name);
    constexpr auto session = std::chrono::duration_cast<std::chrono::milliseconds>(GroupMember::session);
    // Several topics of one partition each are spread over the members.
    all.emplace("partition.assignment.strategy", "roundrobin");
    all.emplace("session.timeout.ms", std::to_string(session.count()));
    all.emplace("heartbeat.interval.ms", "2000");
    all.emplace("max.poll.interval.ms", "60000");
    all.emplace(
        "isolation.level", "read_uncommitted");  // for watermarks(): records of open transactions exist
    return all;
}

int milliseconds(common::Duration bound) {
    return milliseconds_left(steady_now() + bound);
}

}  // namespace

struct GroupMember::Impl {
    Impl() : client{"group", fault} { client.owner = this; }

    // About the group; or about a topic or partition.
    [[nodiscard]] common::Error failed(int code) { return group_failure(fault, group, code); }
    [[nodiscard]] common::Error failed(int code, const std::string& subject) {
        return failure(fault, subject, code);
    }

    static void rebalanced(
        rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
        void* opaque) {
        auto& self = *static_cast<Impl*>(static_cast<Client*>(opaque)->owner);
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            self.given.clear();
            for (int i = 0; i < partitions->cnt; ++i) {
                const rd_kafka_topic_partition_t& entry = partitions->elems[i];
                self.given.push_back({entry.topic, entry.partition});
            }
            std::sort(self.given.begin(), self.given.end());
            self.news = News::given;
            assign_nothing(handle);
            return;
        }
        self.news = News::taken;
        if (self.closing) {
            rd_kafka_assign(handle, nullptr);
        }
    }

    LastFault fault;
    Client client;
    KafkaSettings settings;
    std::string group;
    std::map<std::string, Onlooker> onlookers;  // by group; few
    std::vector<core::TopicPartition> given;
    News news = News::none;
    bool closing = false;
};

GroupMember::GroupMember(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

GroupMember::~GroupMember() {
    impl_->closing = true;
    if (impl_->news == News::taken) {
        let_go();
    }
    leave_group(impl_->client.handle(), leave_bound);
}

common::Result<std::unique_ptr<GroupMember>> GroupMember::open(
    const KafkaSettings& settings, const std::string& name) {
    auto impl = std::make_unique<Impl>();
    impl->settings = settings;
    impl->group = settings.group_id;
    KafkaSettings quiet = settings;
    quiet.statistics_interval = {};
    auto conf = impl->client.configure(quiet, {}, properties(settings.group_id, name));
    if (!conf) {
        return conf.error();
    }
    rd_kafka_conf_set_rebalance_cb(conf->get(), Impl::rebalanced);
    if (auto opened = impl->client.open(std::move(*conf), true); !opened) {
        return opened.error();
    }
    rd_kafka_poll_set_consumer(impl->client.handle());
    const RdPartitions topics = list_of(settings.topics);
    if (const auto code = rd_kafka_subscribe(impl->client.handle(), topics.get())) {
        return impl->failed(code);
    }
    return std::unique_ptr<GroupMember>{new GroupMember{std::move(impl)}};
}

common::Result<GroupMember::News> GroupMember::poll(common::Duration wait) {
    Impl& self = *impl_;
    const common::Instant deadline = steady_now() + wait;
    self.news = News::none;
    do {
        const RdMessage message{
            rd_kafka_consumer_poll(self.client.handle(), std::min(milliseconds_left(deadline), 100))};
        if (self.news != News::none) {
            return self.news;
        }
        if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            const std::string topic =
                message->rkt == nullptr ? std::string{} : rd_kafka_topic_name(message->rkt);
            return topic.empty() ? self.failed(message->err) : self.failed(message->err, topic);
        }
    } while (milliseconds_left(deadline) > 0);
    return News::none;
}

void GroupMember::let_go() {
    impl_->given.clear();
    impl_->news = News::none;
    rd_kafka_assign(impl_->client.handle(), nullptr);
}

const std::vector<core::TopicPartition>& GroupMember::partitions() const noexcept {
    return impl_->given;
}

common::Result<std::vector<GroupOffset>> GroupMember::offsets(
    const std::string& group, const std::vector<core::TopicPartition>& partitions, common::Duration bound) {
    auto& onlookers = impl_->onlookers;
    const auto [entry, first] = onlookers.try_emplace(group);
    if (first) {
        if (auto opened = entry->second.open(impl_->settings, group); !opened) {
            onlookers.erase(entry);
            return opened.error();
        }
    }
    auto found = entry->second.offsets(partitions, bound);
    if (!found) {
        return entry->second.failed(found.error());
    }
    return std::move(*found);
}

common::Result<bool> GroupMember::has(const core::TopicPartition& partition, common::Duration bound) {
    const auto count = partition_count(impl_->client.handle(), partition.topic, milliseconds(bound));
    if (count.code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return impl_->failed(count.code, partition.topic);
    }
    return partition.partition >= 0 && partition.partition < count.count;
}

common::Result<Watermarks> GroupMember::watermarks(
    const core::TopicPartition& partition, common::Duration bound) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = rd_kafka_query_watermark_offsets(
        impl_->client.handle(), partition.topic.c_str(), partition.partition, &low, &high,
        milliseconds(bound));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return impl_->failed(code, partition_text(partition));
    }
    return Watermarks{core::Offset{low}, core::Offset{high}};
}

common::Result<bool> GroupMember::commit(const std::vector<GroupOffset>& offsets, common::Duration bound) {
    const int code = commit_offsets(impl_->client.handle(), offsets, milliseconds(bound));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? common::Result<bool>{true} : impl_->failed(code);
}

}  // namespace kafka
