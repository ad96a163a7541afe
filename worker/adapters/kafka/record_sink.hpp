// The producer's side of Kafka: an idempotent producer for dead letters and receipts.
//
// A broker that finds a *batch* too large refuses all of its messages. Reporting too_large for each would
// strip small dead letters of their values, so every refused message is sent again alone before it is
// believed.
//
// Threads: one thread, as RecordSource.
// Errors:  every store ends, at the latest after message.timeout.ms (30 s unless set otherwise).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/ports/record_sink.hpp"

namespace kafka {

// The largest record, headers and all, that a sink with these properties hands to the brokers.
[[nodiscard]] long record_bytes_max(const Properties& properties);

class RecordSink final : public ports::RecordSink {
public:
    // Uses the settings' servers, statistics interval and properties. The journal must outlive it.
    // Error: settings that librdkafka or check_properties() refuse.
    [[nodiscard]] static common::Result<std::unique_ptr<RecordSink>> open(
        const KafkaSettings& settings, ports::Journal& journal);
    RecordSink(const RecordSink&) = delete;
    RecordSink& operator=(const RecordSink&) = delete;
    ~RecordSink() override;

    // Asks where the topics live, so that the first store does not wait a second for it. Blocks until `bound`
    // at most. Returns the topics that the brokers do not have or did not name in time; each is told to the
    // journal.
    std::vector<std::string> prepare(const std::vector<std::string>& topics, common::Duration bound);

    void store(core::Store store) override;
    void collect(std::vector<core::Input>& inputs) override;

    // As RecordSource. Fatal here: the idempotent producer cannot go on without risking duplicates or loss.
    [[nodiscard]] int wake_fd() const noexcept;
    [[nodiscard]] const std::optional<Fatal>& fatal() const noexcept;
    [[nodiscard]] const KafkaStats& stats() const noexcept;

    // Waits until every store has ended or `bound` has passed; what is left then ends as failed (it may have
    // been stored). The next collect() holds the results. False when something was left.
    bool close(common::Duration bound);

private:
    struct Impl;
    explicit RecordSink(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
