// Counts faults of one Kafka client and turns them into log lines, at most one a minute for each code and
// subject, so that an outage is told and does not drown everything else. Remembers the fault that ends it
// all.
//
// Threads: one thread; librdkafka's callbacks run inside collect().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/time.hpp"
#include "worker/adapters/kafka/stats.hpp"
#include "worker/ports/journal.hpp"

namespace kafka {

// Never heals in this process: log it, drain nothing, end with the exit code for it.
struct Fatal {
    FaultKind kind = FaultKind::other;
    std::string message;  // with the remedy
};

class Reporter {
public:
    // `client` names the handle in messages: "consumer" or "producer".
    Reporter(std::string_view client, ports::Journal& journal) : client_{client}, journal_{journal} {}
    // Of the consumer; for remedies.
    void set_group(std::string group) { group_ = std::move(group); }
    // Of the consumer: partitions were lost before any fatal error, or were assigned (again).
    void set_session_ended(bool ended) noexcept { session_ended_ = ended; }

    // `subject` is what it happened to ("topic[3]"), or empty; `detail` is librdkafka's text.
    void fault(int code, std::string_view subject, std::string_view detail, common::Instant now);
    void fatal(int code, std::string_view detail);
    // A broker answered.
    void heard() noexcept { stats_.contact = Contact::reached; }
    void statistics(Snapshot snapshot);
    // A line of librdkafka's own log; `level` as in syslog.
    void client_log(int level, std::string_view facility, std::string_view text);
    void say(const core::Say& line);

    [[nodiscard]] const std::optional<Fatal>& fatal() const noexcept { return fatal_; }
    [[nodiscard]] KafkaStats& stats() noexcept { return stats_; }
    [[nodiscard]] const KafkaStats& stats() const noexcept { return stats_; }

private:
    void lost() noexcept;
    [[nodiscard]] std::string remedy(const Fault& fault, std::string_view subject) const;
    [[nodiscard]] bool due(int code, std::string_view subject, common::Instant now);

    std::string_view client_;
    std::string group_;
    bool session_ended_ = false;
    ports::Journal& journal_;
    std::map<std::pair<int, std::string>, common::Instant> said_;  // bounded by codes x partitions
    std::optional<Fatal> fatal_;
    KafkaStats stats_;
};

}  // namespace kafka
