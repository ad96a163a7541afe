// The consumer group's side of Kafka.
#pragma once

#include <cstddef>
#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/input.hpp"

namespace ports {

class RecordSource {
public:
    virtual ~RecordSource() = default;

    // Appends at most `records_max` Received, plus Assigned, Revoked and CommitEnded; never blocks longer
    // than its documented deadline. True when more may be ready at once.
    [[nodiscard]] virtual bool collect(std::size_t records_max, std::vector<core::Input>& inputs) = 0;

    // Unknown (older) epochs are ignored by all of these.
    virtual void pause(core::Epoch epoch) = 0;
    virtual void resume(core::Epoch epoch) = 0;
    // Asynchronous; the result is a CommitEnded. Entries of older epochs are left out.
    virtual void commit(const std::vector<core::PartitionCommit>& partitions) = 0;
    // Ends the ownership that a Revoked asked back, or, without a Revoked, gives the partitions up.
    virtual void release(const std::vector<core::Epoch>& epochs) = 0;
};

}  // namespace ports
