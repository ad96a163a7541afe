// The producer's side of Kafka: dead letters and receipts.
#pragma once

#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/input.hpp"

namespace ports {

class RecordSink {
public:
    virtual ~RecordSink() = default;

    // Never blocks. Exactly one StoreEnded follows in collect(); a full local queue is StoreResult::failed.
    virtual void store(core::Store store) = 0;
    virtual void collect(std::vector<core::Input>& inputs) = 0;
};

}  // namespace ports
