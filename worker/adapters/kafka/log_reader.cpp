#include "worker/adapters/kafka/log_reader.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/convert.hpp"
#include "worker/adapters/kafka/last_fault.hpp"

namespace kafka {
namespace {

Properties fixed() {
    return {
        {"enable.auto.commit", "false"},         {"auto.commit.enable", "false"},
        {"enable.auto.offset.store", "false"},   {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},  // the only sign that nothing but holes is left below `end`
        {"queued.max.messages.kbytes", "16384"},
    };
}

// A partition that is being fetched, until it goes out of scope.
class Fetch {
public:
    Fetch(rd_kafka_t* handle, const core::TopicPartition& partition)
        : queue_{rd_kafka_queue_new(handle)},
          topic_{rd_kafka_topic_new(handle, partition.topic.c_str(), nullptr)},
          partition_{partition.partition} {}
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;
    ~Fetch() { stop(); }

    [[nodiscard]] rd_kafka_resp_err_t start(core::Offset first) {
        stop();
        started_ = rd_kafka_consume_start_queue(topic_.get(), partition_, first.value, queue_.get()) == 0;
        return started_ ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    }

    [[nodiscard]] RdMessage next(int milliseconds) {
        return RdMessage{rd_kafka_consume_queue(queue_.get(), milliseconds)};
    }

private:
    void stop() {
        if (started_) {
            rd_kafka_consume_stop(topic_.get(), partition_);
            started_ = false;
        }
    }

    RdQueue queue_;
    RdTopic topic_;
    std::int32_t partition_;
    bool started_ = false;
};

}  // namespace

struct LogReader::Impl {
    explicit Impl(common::Duration longest) : client{"reader", fault}, patience{longest} {}

    void listen() { kafka::listen(client); }
    [[nodiscard]] common::Error failed(const std::string& subject, int code) {
        listen();
        return failure(fault, subject, code);
    }

    LastFault fault;
    Client client;
    common::Duration patience;
};

LogReader::LogReader(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
LogReader::~LogReader() = default;

common::Result<std::unique_ptr<LogReader>> LogReader::open(
    const KafkaSettings& settings, common::Duration patience) {
    if (const auto problems = check_properties(settings.properties); !problems.empty()) {
        const PropertyProblem& first = problems.front();
        return common::Error{
            fmt::format("kafka.properties.{}: {}. {}", first.key, first.problem, first.remedy)};
    }
    auto impl = std::make_unique<Impl>(patience);
    KafkaSettings quiet = settings;
    quiet.statistics_interval = {};
    auto conf = impl->client.configure(quiet, {}, fixed());
    if (!conf) {
        return conf.error();
    }
    if (auto opened = impl->client.open(std::move(*conf), true); !opened) {
        return opened.error();
    }
    return std::unique_ptr<LogReader>{new LogReader{std::move(impl)}};
}

common::Result<std::int32_t> LogReader::count(const std::string& topic) {
    Impl& self = *impl_;
    const common::Instant deadline = steady_now() + self.patience;
    const RdTopic handle{rd_kafka_topic_new(self.client.handle(), topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* found = nullptr;
    auto code = rd_kafka_metadata(self.client.handle(), 0, handle.get(), &found, milliseconds_left(deadline));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return self.failed(topic, code);
    }
    code = found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    const std::int32_t count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? found->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(found);
    const bool unknown =
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !unknown) {
        return self.failed(topic, code);
    }
    return count;
}

common::Result<bool> LogReader::has(const std::string& topic) {
    const auto found = count(topic);
    if (!found) {
        return found.error();
    }
    return *found > 0;
}

common::Result<std::int32_t> LogReader::partitions(const std::string& topic) {
    const auto found = count(topic);
    return found && *found == 0 ? impl_->failed(topic, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) : found;
}

// librdkafka waits for a partition that is not there, as if it were to come.
common::Result<bool> LogReader::exists(const core::TopicPartition& partition) {
    const auto count = partitions(partition.topic);
    if (!count) {
        return count.error();
    }
    if (partition.partition < 0 || partition.partition >= *count) {
        return common::Error{fmt::format(
            "{}: there is no such partition; {} has {}, numbered from 0", partition_text(partition),
            partition.topic, *count)};
    }
    return true;
}

common::Result<Watermarks> LogReader::watermarks(const core::TopicPartition& partition) {
    if (const auto there = exists(partition); !there) {
        return there.error();
    }
    Impl& self = *impl_;
    const common::Instant deadline = steady_now() + self.patience;
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = rd_kafka_query_watermark_offsets(
        self.client.handle(), partition.topic.c_str(), partition.partition, &low, &high,
        milliseconds_left(deadline));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return self.failed(partition_text(partition), code);
    }
    return Watermarks{core::Offset{low}, core::Offset{high}};
}

common::Result<std::vector<LogReader::Extent>> LogReader::extents(const std::string& topic) {
    const auto number = partitions(topic);
    if (!number) {
        return number.error();
    }
    std::vector<Extent> all;
    for (std::int32_t at = 0; at < *number; ++at) {
        const core::TopicPartition partition{topic, at};
        const auto marks = watermarks(partition);
        if (!marks) {
            return marks.error();
        }
        all.push_back({partition, *marks});
    }
    return all;
}

common::Result<core::Offset> LogReader::read(
    const core::TopicPartition& partition, core::Offset first, core::Offset end, const Take& take) {
    if (const auto there = exists(partition); !there) {
        return there.error();
    }
    Impl& self = *impl_;
    Fetch fetch{self.client.handle(), partition};
    core::Offset position = first;
    if (position >= end) {
        return position;
    }
    if (const auto code = fetch.start(position)) {
        return self.failed(partition_text(partition), code);
    }
    common::Instant deadline = steady_now() + self.patience;
    while (position < end) {
        // Short waits: librdkafka's news (a broker that refuses us) arrive through another queue.
        const auto message = fetch.next(std::min(milliseconds_left(deadline), 100));
        if (!message) {
            self.listen();
            if (milliseconds_left(deadline) == 0) {
                return self.failed(partition_text(partition), RD_KAFKA_RESP_ERR__TIMED_OUT);
            }
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            // At the log's end, which is above our position when only holes were left.
            return std::clamp(core::Offset{message->offset}, position, end);
        }
        if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
            const auto exist = watermarks(partition);
            if (!exist) {
                return exist.error();
            }
            if (exist->first <= position) {
                return std::min(position, end);  // above the log's end
            }
            position = exist->first;  // retention was quicker
            if (const auto code = fetch.start(position)) {
                return self.failed(partition_text(partition), code);
            }
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return self.failed(partition_text(partition), message->err);
        }
        if (core::Offset{message->offset} < position) {
            continue;  // handed over before
        }
        if (core::Offset{message->offset} >= end) {
            return end;
        }
        position = core::Offset{message->offset + 1};
        if (!take(copy_record(*message, core::Epoch{}))) {
            return position;
        }
        deadline = steady_now() + self.patience;
    }
    return end;
}

}  // namespace kafka
