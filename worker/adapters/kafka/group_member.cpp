#include "worker/adapters/kafka/group_member.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/group_calls.hpp"
#include "worker/adapters/kafka/last_fault.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr common::Duration leave_bound = 2s;

Properties fixed(const KafkaSettings& settings, const std::string& name) {
    constexpr auto session = std::chrono::duration_cast<std::chrono::milliseconds>(GroupMember::session);
    return {
        {"client.id", name},
        {"group.id", settings.group_id},
        {"enable.auto.commit", "false"},
        {"auto.commit.enable", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        // Several topics of one partition each are spread over the members.
        {"partition.assignment.strategy", "roundrobin"},
        {"session.timeout.ms", std::to_string(session.count())},
        {"heartbeat.interval.ms", "2000"},
        {"max.poll.interval.ms", "60000"},
        {"isolation.level", "read_uncommitted"},  // for watermarks(): records of open transactions exist
    };
}

int milliseconds(common::Duration bound) {
    return milliseconds_left(steady_now() + bound);
}

struct Destroy {
    void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
    void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
    void operator()(rd_kafka_AdminOptions_t* options) const noexcept {
        rd_kafka_AdminOptions_destroy(options);
    }
    void operator()(rd_kafka_ListConsumerGroupOffsets_t* request) const noexcept {
        rd_kafka_ListConsumerGroupOffsets_destroy(request);
    }
};
template <class Object>
using Owned = std::unique_ptr<Object, Destroy>;

}  // namespace

struct GroupMember::Impl {
    Impl() : client{"group", fault} { client.owner = this; }

    // `subject`: the topic or partition it was about; empty: the group.
    [[nodiscard]] common::Error failed(int code, const std::string& about_group, const std::string& subject) {
        const Fault& known = fault_of(code);
        if (known.kind == FaultKind::unreachable || about_group.empty()) {
            return failure(fault, subject.empty() ? about_group : subject, code);
        }
        return common::Error{fmt::format(
            "{}: {} ({}). {}", subject.empty() ? "group " + about_group : subject,
            rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)), code_name(code),
            remedy_at({.consumer = true, .group = about_group, .subject = subject}, known))};
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
    std::string group;
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
    impl->group = settings.group_id;
    KafkaSettings quiet = settings;
    quiet.statistics_interval = {};
    auto conf = impl->client.configure(quiet, {}, fixed(settings, name));
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
        return impl->failed(code, settings.group_id, "");
    }
    return std::unique_ptr<GroupMember>{new GroupMember{std::move(impl)}};
}

common::Result<GroupMember::News> GroupMember::poll(common::Duration wait) {
    Impl& self = *impl_;
    const common::Instant deadline = steady_now() + wait;
    self.news = News::none;
    do {
        const Owned<rd_kafka_message_t> message{
            rd_kafka_consumer_poll(self.client.handle(), std::min(milliseconds_left(deadline), 100))};
        if (self.news != News::none) {
            return self.news;
        }
        if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            const std::string topic =
                message->rkt == nullptr ? std::string{} : rd_kafka_topic_name(message->rkt);
            return topic.empty() ? self.failed(message->err, self.group, "")
                                 : self.failed(message->err, "", topic);
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
    Impl& self = *impl_;
    const RdPartitions list = list_of(partitions);
    const Owned<rd_kafka_ListConsumerGroupOffsets_t> request{
        rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list.get())};
    const Owned<rd_kafka_AdminOptions_t> options{
        rd_kafka_AdminOptions_new(self.client.handle(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)};
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds(bound), text.data(), text.size());
    const RdQueue answers{rd_kafka_queue_new(self.client.handle())};
    std::array<rd_kafka_ListConsumerGroupOffsets_t*, 1> requests{request.get()};
    rd_kafka_ListConsumerGroupOffsets(
        self.client.handle(), requests.data(), requests.size(), options.get(), answers.get());
    // The request's own timeout ends it; a little more for the way.
    const Owned<rd_kafka_event_t> answer{rd_kafka_queue_poll(answers.get(), milliseconds(bound + 500ms))};
    if (!answer) {
        return self.failed(RD_KAFKA_RESP_ERR__TIMED_OUT, group, "");
    }
    if (const auto code = rd_kafka_event_error(answer.get())) {
        return self.failed(code, group, "");
    }
    std::size_t count = 0;
    const rd_kafka_group_result_t** const results = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &count);
    if (count != 1) {
        return self.failed(RD_KAFKA_RESP_ERR__BAD_MSG, group, "");
    }
    if (const rd_kafka_error_t* const error = rd_kafka_group_result_error(*results)) {
        return self.failed(rd_kafka_error_code(error), group, "");
    }
    auto found = committed_in(*rd_kafka_group_result_partitions(*results));
    if (!found) {
        return self.failed(found.error(), group, "");
    }
    // Kafka answers by topic.
    std::vector<GroupOffset> sorted;
    for (const core::TopicPartition& each : partitions) {
        const auto at = std::find_if(
            found->begin(), found->end(), [&](const GroupOffset& one) { return one.partition == each; });
        sorted.push_back(at == found->end() ? GroupOffset{each} : *at);
    }
    return sorted;
}

common::Result<Watermarks> GroupMember::watermarks(
    const core::TopicPartition& partition, common::Duration bound) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = rd_kafka_query_watermark_offsets(
        impl_->client.handle(), partition.topic.c_str(), partition.partition, &low, &high,
        milliseconds(bound));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return impl_->failed(code, "", fmt::format("{}[{}]", partition.topic, partition.partition));
    }
    return Watermarks{core::Offset{low}, core::Offset{high}};
}

common::Result<bool> GroupMember::commit(const std::vector<GroupOffset>& offsets, common::Duration bound) {
    const int code = commit_offsets(impl_->client.handle(), offsets, milliseconds(bound));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? common::Result<bool>{true}
                                              : impl_->failed(code, impl_->group, "");
}

}  // namespace kafka
