// The consumer group's side of Kafka, over librdkafka's consumer.
//
// Ownership: copies every record out of librdkafka's buffers.
// Threads:   one thread. librdkafka's own threads do the network; they only touch the wake descriptor.
// Blocking:  collect() blocks for at most about a second, and only when partitions were just assigned or a
//            coordinator did not say where to start; close() for its bound. Nothing else blocks.
// Errors:    told once a minute to the journal with a remedy, counted in stats(), and waited out. Only what
//            fatal() holds ends the process.
#pragma once

#include <memory>
#include <optional>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/ports/record_source.hpp"

namespace kafka {

class RecordSource final : public ports::RecordSource {
public:
    // Joins the group in the background; an unreachable broker is no error here. The journal must outlive it.
    // Error: settings that librdkafka or check_properties() refuse.
    [[nodiscard]] static common::Result<std::unique_ptr<RecordSource>> open(
        const KafkaSettings& settings, ports::Journal& journal);
    RecordSource(const RecordSource&) = delete;
    RecordSource& operator=(const RecordSource&) = delete;
    // Does not leave the group: call close() first, or the group waits for the session timeout.
    ~RecordSource() override;

    [[nodiscard]] bool collect(std::size_t records_max, std::vector<core::Input>& inputs) override;
    void pause(core::Epoch epoch) override;
    void resume(core::Epoch epoch) override;
    void commit(const std::vector<core::PartitionCommit>& partitions) override;
    void release(const std::vector<core::Epoch>& epochs) override;

    // Readable when collect() should be called. Watch it, never read it. It is edge-triggered at heart: after
    // a collect() that returned true it may stay silent although more is there.
    [[nodiscard]] int wake_fd() const noexcept;
    [[nodiscard]] const std::optional<Fatal>& fatal() const noexcept;
    [[nodiscard]] const KafkaStats& stats() const noexcept;

    // Leaves the group, or, with a group instance id, goes so that it may come back. Gives partitions up at
    // once. False when the brokers did not answer within `bound`. The next collect() holds the CommitEnded of
    // a commit that was still under way; after that there is nothing more.
    bool close(common::Duration bound);

private:
    struct Impl;
    explicit RecordSource(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
