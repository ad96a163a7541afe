#include "worker/adapters/kafka/record_source.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "worker/adapters/kafka/assignment.hpp"
#include "worker/adapters/kafka/convert.hpp"

namespace kafka {

struct RecordSource::Impl {
    Impl(const KafkaSettings& settings, ports::Journal& journal)
        : client{"consumer", journal}, assignment{client, settings.reset} {
        client.owner = this;
    }

    void handle(const rd_kafka_message_t& message, std::vector<core::Input>& inputs);
    void handle_error(const rd_kafka_message_t& message);
    void commit_ended(rd_kafka_resp_err_t code);

    Client client;
    Assignment assignment;
    RdQueue queue;                  // the consumer's; must go before the handle, as must the next
    RdQueue commits;                // their results: not behind the records that were fetched ahead
    std::vector<core::Input> news;  // what happened outside collect()
    // Where callbacks write: the caller's inputs during collect(), otherwise `news`.
    std::vector<core::Input>* out = &news;
    std::size_t commits_under_way = 0;
    bool closed = false;
};

namespace {

Properties defaults() {
    return {
        {"partition.assignment.strategy", "range"},
        // The count caps throughput at about its value a second (librdkafka 2.0.2), so memory is bounded by
        // bytes.
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", "16384"},
        {"fetch.max.bytes", "8388608"},
    };
}

Properties fixed(const KafkaSettings& settings) {
    Properties properties{
        {"group.id", settings.group_id},
        {"session.timeout.ms", std::to_string(settings.session_timeout.count())},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        // Starts are chosen by position.cpp; what goes out of range later is held and told.
        {"auto.offset.reset", "error"},
    };
    if (!settings.group_instance_id.empty()) {
        properties["group.instance.id"] = settings.group_instance_id;
    }
    return properties;
}

common::Result<bool> subscribe(rd_kafka_t* handle, const std::vector<std::string>& topics) {
    const RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
    for (const std::string& topic : topics) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    if (const auto code = rd_kafka_subscribe(handle, list.get())) {
        return common::Error{fmt::format("kafka.topics: {}", rd_kafka_err2str(code))};
    }
    return true;
}

bool refuses_records(FaultKind kind) {
    return kind == FaultKind::no_topic_right || kind == FaultKind::unknown_topic;
}

std::string subject_of(const rd_kafka_message_t& message) {
    return message.rkt == nullptr
               ? std::string{}
               : fmt::format("{}[{}]", rd_kafka_topic_name(message.rkt), message.partition);
}

}  // namespace

RecordSource::RecordSource(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RecordSource::~RecordSource() = default;

common::Result<std::unique_ptr<RecordSource>> RecordSource::open(
    const KafkaSettings& settings, ports::Journal& journal) {
    if (const auto problems = check_properties(settings.properties); !problems.empty()) {
        const PropertyProblem& first = problems.front();
        return common::Error{
            fmt::format("kafka.properties.{}: {}. {}", first.key, first.problem, first.remedy)};
    }
    auto impl = std::make_unique<Impl>(settings, journal);
    impl->client.reporter().set_group(settings.group_id);
    auto conf = impl->client.configure(settings, defaults(), fixed(settings));
    if (!conf) {
        return conf.error();
    }
    rd_kafka_conf_set_rebalance_cb(
        conf->get(),
        [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
            auto& self = *static_cast<Impl*>(static_cast<Client*>(opaque)->owner);
            self.assignment.rebalanced(code, partitions, *self.out);
        });
    rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* reason, void* opaque) {
        auto& self = *static_cast<Impl*>(static_cast<Client*>(opaque)->owner);
        self.client.error(code, reason);
        if (fault_of(code).kind == FaultKind::unknown_topic) {
            self.assignment.vanished(reason, *self.out);
        }
    });
    if (auto opened = impl->client.open(std::move(*conf), true); !opened) {
        return opened.error();
    }
    rd_kafka_t* handle = impl->client.handle();
    rd_kafka_poll_set_consumer(handle);
    impl->queue.reset(rd_kafka_queue_get_consumer(handle));
    const std::uint64_t one = 1;
    impl->commits.reset(rd_kafka_queue_new(handle));
    for (const RdQueue* queue : {&impl->queue, &impl->commits}) {
        rd_kafka_queue_io_event_enable(queue->get(), impl->client.wake().event_fd(), &one, sizeof one);
    }
    if (auto subscribed = subscribe(handle, settings.topics); !subscribed) {
        return subscribed.error();
    }
    impl->client.wake().wake();  // what came before the event was enabled
    return std::unique_ptr<RecordSource>{new RecordSource{std::move(impl)}};
}

bool RecordSource::collect(std::size_t records_max, std::vector<core::Input>& inputs) {
    Impl& self = *impl_;
    self.client.wake().clear();
    std::move(self.news.begin(), self.news.end(), std::back_inserter(inputs));
    self.news.clear();
    if (self.closed) {
        return false;
    }
    self.out = &inputs;
    const common::Instant now = steady_now();
    rd_kafka_queue_poll_callback(self.commits.get(), 0);
    self.assignment.retry(now, inputs);
    bool more = !self.assignment.rests(now);
    for (std::size_t i = 0; i < records_max && more; ++i) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(self.client.handle(), 0);
        more = message != nullptr;
        if (more) {
            self.handle(*message, inputs);
            rd_kafka_message_destroy(message);
        }
    }
    self.out = &self.news;
    return more;
}

void RecordSource::Impl::handle(const rd_kafka_message_t& message, std::vector<core::Input>& inputs) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        handle_error(message);
        return;
    }
    const auto epoch = assignment.owned().receiver(
        rd_kafka_topic_name(message.rkt), message.partition, core::Offset{message.offset});
    if (!epoch) {
        ++client.reporter().stats().records_unowned;
        return;
    }
    assignment.received(*epoch);
    inputs.emplace_back(core::Received{copy_record(message, *epoch)});
}

void RecordSource::Impl::handle_error(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return;
    }
    if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
        client.note_fatal();
        return;
    }
    if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && message.rkt != nullptr) {
        assignment.hold({rd_kafka_topic_name(message.rkt), message.partition});
    }
    if (message.rkt != nullptr && refuses_records(fault_of(message.err).kind)) {
        assignment.refused({rd_kafka_topic_name(message.rkt), message.partition});
    }
    client.reporter().fault(
        message.err, subject_of(message), rd_kafka_message_errstr(&message), steady_now());
    client.note_fatal();
}

void RecordSource::pause(core::Epoch epoch) {
    impl_->assignment.pause(epoch);
}
void RecordSource::resume(core::Epoch epoch) {
    impl_->assignment.resume(epoch);
}
void RecordSource::release(const std::vector<core::Epoch>& epochs) {
    impl_->assignment.release(epochs);
}

void RecordSource::commit(const std::vector<core::PartitionCommit>& partitions) {
    Impl& self = *impl_;
    const RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const core::PartitionCommit& each : partitions) {
        const Ownership* owned = self.assignment.owned().find(each.epoch);
        if (owned == nullptr) {
            ++self.client.reporter().stats().commit_entries_left_out;
            continue;
        }
        auto* entry = rd_kafka_topic_partition_list_add(
            list.get(), owned->partition.topic.c_str(), owned->partition.partition);
        entry->offset = each.offset.value;
        if (!each.metadata.empty()) {
            entry->metadata = std::malloc(each.metadata.size());  // the list frees it
            std::memcpy(entry->metadata, each.metadata.data(), each.metadata.size());
            entry->metadata_size = each.metadata.size();
        }
    }
    ++self.commits_under_way;
    if (list->cnt == 0 || self.closed) {
        self.commit_ended(self.closed ? RD_KAFKA_RESP_ERR__DESTROY : RD_KAFKA_RESP_ERR_NO_ERROR);
        return;
    }
    const auto code = rd_kafka_commit_queue(
        self.client.handle(), list.get(), self.commits.get(),
        [](rd_kafka_t*, rd_kafka_resp_err_t result, rd_kafka_topic_partition_list_t*, void* opaque) {
            auto& impl = *static_cast<Impl*>(opaque);
            if (result == RD_KAFKA_RESP_ERR_NO_ERROR) {
                impl.client.reporter().heard();
            }
            impl.commit_ended(result);
        },
        &self);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        self.commit_ended(code);
    }
}

void RecordSource::Impl::commit_ended(rd_kafka_resp_err_t code) {
    --commits_under_way;
    const bool ok = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!ok && code != RD_KAFKA_RESP_ERR__DESTROY) {
        client.reporter().fault(code, "commit", rd_kafka_err2str(code), steady_now());
    }
    out->emplace_back(core::CommitEnded{ok, ok ? std::string{} : std::string{code_name(code)}});
    if (out == &news) {
        client.wake().wake();
    }
}

int RecordSource::wake_fd() const noexcept {
    return impl_->client.wake().fd();
}
const std::optional<Fatal>& RecordSource::fatal() const noexcept {
    return impl_->client.reporter().fatal();
}
const KafkaStats& RecordSource::stats() const noexcept {
    return impl_->client.reporter().stats();
}

bool RecordSource::close(common::Duration bound) {
    Impl& self = *impl_;
    if (self.closed) {
        return true;
    }
    const common::Instant deadline = steady_now() + bound;
    rd_kafka_t* handle = self.client.handle();
    self.assignment.close();
    const RdQueue queue{rd_kafka_queue_new(handle)};
    bool left = false;
    if (bound <= common::Duration{}) {
        // Not even begun: destroying a client that is half out of its group waits for the other half.
    } else if (rd_kafka_error_t* error = rd_kafka_consumer_close_queue(handle, queue.get())) {
        self.client.reporter().fault(
            rd_kafka_error_code(error), "close", rd_kafka_error_string(error), steady_now());
        rd_kafka_error_destroy(error);
        left = true;  // after a fatal error: the group has no such member any more, nothing will follow
    }
    // Partitions that are still assigned are asked back through this queue, and let go by `assignment`.
    while (!left && milliseconds_left(deadline) > 0) {
        // Not rd_kafka_queue_poll_callback: records that were fetched ahead are in there too, and it aborts
        // the process when it meets one.
        if (auto* message = rd_kafka_consume_queue(queue.get(), std::min(milliseconds_left(deadline), 100))) {
            rd_kafka_message_destroy(message);
        }
        left = rd_kafka_consumer_closed(handle) != 0;
    }
    self.closed = true;
    while (self.commits_under_way > 0) {
        self.commit_ended(RD_KAFKA_RESP_ERR__DESTROY);
    }
    return left;
}

}  // namespace kafka
