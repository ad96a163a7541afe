#include "worker/adapters/kafka/record_sink.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/convert.hpp"

namespace kafka {

struct RecordSink::Impl {
    explicit Impl(ports::Journal& journal) : client{"producer", journal} { client.owner = this; }

    void produce(const core::Store& store);
    void delivered(const rd_kafka_message_t& message);
    void ended(core::StoreId id, rd_kafka_resp_err_t code, std::string_view topic);
    // Lets refused messages go one by one once the line is free, then everything that waited for that.
    void go_on();
    void fail_all(std::deque<core::Store>& stores);

    Client client;
    RdQueue queue;                // the main one; must go before the handle
    std::vector<RdTopic> topics;  // keeps their metadata fresh
    std::vector<core::Input> news;
    std::size_t outstanding = 0;  // with librdkafka

    std::deque<core::Store> refused;  // as too large, perhaps because of their batch
    std::deque<core::Store> waiting;  // behind them
    bool alone = false;               // the one message under way has its batch to itself
    bool collecting = false;          // news is fetched in this very call, so nobody must be woken for it
    bool closed = false;
};

namespace {

core::Store copy_store(const rd_kafka_message_t& message, core::StoreId id) {
    core::Record record = copy_record(message, core::Epoch{});
    std::optional<common::WallTime> timestamp;
    if (record.timestamp.time_since_epoch().count() > 0) {
        timestamp = record.timestamp;
    }
    return {
        id,
        {},
        {rd_kafka_topic_name(message.rkt), std::move(record.key), std::move(record.value),
         std::move(record.headers), timestamp, message.partition}};
}

auto view(const std::optional<std::string>& text) {
    decltype(rd_kafka_vu_t::u.mem) bytes{};
    if (text) {
        bytes.ptr = const_cast<char*>(text->data());  // copied, not written
        bytes.size = text->size();
    }
    return bytes;
}

core::StoreId id_of(const rd_kafka_message_t& message) {
    return core::StoreId{reinterpret_cast<std::uintptr_t>(message._private)};
}

Properties defaults() {
    return {
        {"linger.ms", "5"},
        {"compression.type", "lz4"},
        {"message.timeout.ms", "30000"},
        // High, so that the broker's limit decides: a smaller one here would cut originals it could hold.
        {"message.max.bytes", "10485760"},
    };
}

}  // namespace

long record_bytes_max(const Properties& properties) {
    const Properties otherwise = defaults();
    const auto set = properties.find("message.max.bytes");
    const std::string& text = set == properties.end() ? otherwise.at("message.max.bytes") : set->second;
    long bytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), bytes);
    return bytes;
}

RecordSink::RecordSink(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RecordSink::~RecordSink() = default;

common::Result<std::unique_ptr<RecordSink>> RecordSink::open(
    const KafkaSettings& settings, ports::Journal& journal) {
    if (const auto problems = check_properties(settings.properties); !problems.empty()) {
        const PropertyProblem& first = problems.front();
        return common::Error{
            fmt::format("kafka.properties.{}: {}. {}", first.key, first.problem, first.remedy)};
    }
    auto impl = std::make_unique<Impl>(journal);
    auto conf =
        impl->client.configure(settings, defaults(), {{"enable.idempotence", "true"}, {"acks", "all"}});
    if (!conf) {
        return conf.error();
    }
    rd_kafka_conf_set_dr_msg_cb(
        conf->get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
            static_cast<Impl*>(static_cast<Client*>(opaque)->owner)->delivered(*message);
        });
    if (auto opened = impl->client.open(std::move(*conf), false); !opened) {
        return opened.error();
    }
    impl->queue.reset(rd_kafka_queue_get_main(impl->client.handle()));
    const std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(impl->queue.get(), impl->client.wake().event_fd(), &one, sizeof one);
    impl->client.wake().wake();
    return std::unique_ptr<RecordSink>{new RecordSink{std::move(impl)}};
}

std::vector<std::string> RecordSink::prepare(const std::vector<std::string>& topics, common::Duration bound) {
    const common::Instant deadline = steady_now() + bound;
    rd_kafka_t* handle = impl_->client.handle();
    std::vector<std::string> missing;
    for (const std::string& topic : topics) {
        RdTopic known{rd_kafka_topic_new(handle, topic.c_str(), nullptr)};
        const rd_kafka_metadata_t* metadata = nullptr;
        auto code = known ? rd_kafka_metadata(handle, 0, known.get(), &metadata, milliseconds_left(deadline))
                          : rd_kafka_last_error();
        if (metadata != nullptr) {
            code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
            rd_kafka_metadata_destroy(metadata);
        }
        if (known) {
            impl_->topics.push_back(std::move(known));
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            impl_->client.reporter().fault(code, topic, rd_kafka_err2str(code), steady_now());
            missing.push_back(topic);
        }
    }
    return missing;
}

void RecordSink::store(core::Store store) {
    ++impl_->client.reporter().stats().outstanding;
    if (impl_->closed) {
        impl_->ended(store.id, RD_KAFKA_RESP_ERR__DESTROY, store.record.topic);
    } else if (impl_->alone || !impl_->refused.empty()) {
        impl_->waiting.push_back(std::move(store));
    } else {
        impl_->produce(store);
    }
}

void RecordSink::Impl::produce(const core::Store& store) {
    const core::OutgoingRecord& record = store.record;
    rd_kafka_headers_t* headers = make_headers(record.headers);
    const std::int64_t timestamp = record.timestamp ? record.timestamp->time_since_epoch().count() : 0;
    // The array form: the variadic macros need a compiler extension.
    std::array<rd_kafka_vu_t, 8> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = record.topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = view(record.key);
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = view(record.value);
    parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    parts[4].u.i64 = timestamp;
    parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    // The id travels where librdkafka expects a pointer of ours. NOLINTNEXTLINE(performance-no-int-to-ptr)
    parts[5].u.ptr = reinterpret_cast<void*>(static_cast<std::uintptr_t>(store.id.value));
    parts[6].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[6].u.headers = headers;
    parts[7].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[7].u.i32 = record.partition.value_or(RD_KAFKA_PARTITION_UA);
    rd_kafka_error_t* error = rd_kafka_produceva(client.handle(), parts.data(), parts.size());
    const auto code = rd_kafka_error_code(error);  // none for null
    rd_kafka_error_destroy(error);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++outstanding;
        return;
    }
    if (headers != nullptr) {
        rd_kafka_headers_destroy(headers);  // taken only on success
    }
    alone = false;
    ended(store.id, code, record.topic);
}

void RecordSink::Impl::delivered(const rd_kafka_message_t& message) {
    --outstanding;
    const bool was_alone = std::exchange(alone, false);
    if (message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && !was_alone && !closed) {
        refused.push_back(copy_store(message, id_of(message)));
        return;
    }
    ended(id_of(message), message.err, rd_kafka_topic_name(message.rkt));
}

void RecordSink::Impl::ended(core::StoreId id, rd_kafka_resp_err_t code, std::string_view topic) {
    --client.reporter().stats().outstanding;
    core::StoreEnded end{id, core::StoreResult::acknowledged, {}};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const bool too_large = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
        end.result = too_large ? core::StoreResult::too_large : core::StoreResult::failed;
        end.error = code_name(code);
        if (code == RD_KAFKA_RESP_ERR__FATAL) {
            client.note_fatal();
        } else {
            client.reporter().fault(code, topic, rd_kafka_err2str(code), steady_now());
        }
    }
    news.emplace_back(std::move(end));
    if (!collecting) {
        client.wake().wake();
    }
}

void RecordSink::Impl::go_on() {
    while (outstanding == 0 && !refused.empty()) {  // again when one was refused on the spot
        const core::Store next = std::move(refused.front());
        refused.pop_front();
        ++client.reporter().stats().sent_alone;
        alone = true;
        produce(next);
    }
    if (outstanding > 0) {
        return;
    }
    while (!waiting.empty()) {
        produce(waiting.front());
        waiting.pop_front();
    }
}

void RecordSink::collect(std::vector<core::Input>& inputs) {
    Impl& self = *impl_;
    self.client.wake().clear();
    if (!self.closed) {
        self.collecting = true;
        while (rd_kafka_poll(self.client.handle(), 0) > 0) {
            // Everything: the descriptor speaks up again only when the queue was empty in between.
        }
        self.go_on();
        self.collecting = false;
    }
    std::move(self.news.begin(), self.news.end(), std::back_inserter(inputs));
    self.news.clear();
}

int RecordSink::wake_fd() const noexcept {
    return impl_->client.wake().fd();
}
const std::optional<Fatal>& RecordSink::fatal() const noexcept {
    return impl_->client.reporter().fatal();
}
const KafkaStats& RecordSink::stats() const noexcept {
    return impl_->client.reporter().stats();
}

bool RecordSink::close(common::Duration bound) {
    Impl& self = *impl_;
    const common::Instant deadline = steady_now() + bound;
    rd_kafka_t* handle = self.client.handle();
    do {
        rd_kafka_flush(handle, milliseconds_left(deadline));
        self.go_on();
    } while (self.outstanding > 0 && milliseconds_left(deadline) > 0);
    const bool all = self.outstanding == 0 && self.refused.empty() && self.waiting.empty();
    self.closed = true;
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    constexpr int until_purged_ms = 1000;
    rd_kafka_flush(handle, until_purged_ms);
    self.fail_all(self.refused);
    self.fail_all(self.waiting);
    return all;
}

void RecordSink::Impl::fail_all(std::deque<core::Store>& stores) {
    for (const core::Store& store : stores) {
        ended(store.id, RD_KAFKA_RESP_ERR__DESTROY, store.record.topic);
    }
    stores.clear();
}

}  // namespace kafka
