// What happens between a worker and its ports, as seen from outside the worker: the words of the checkers.
#pragma once

#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/sim/apple/ledger.hpp"
#include "worker/sim/kafka/broker.hpp"

namespace sim {

// "Delivered" means: the worker has it now and cannot claim otherwise.
class Witness : public BrokerWitness {
public:
    virtual void assigned(WorkerId worker, const core::Assigned& input) = 0;
    virtual void revoked(WorkerId worker, const core::Revoked& input) = 0;
    virtual void received(WorkerId worker, const core::Received& input) = 0;
    virtual void released(WorkerId worker, core::Epoch epoch) = 0;
    virtual void commit_asked(WorkerId worker, const std::vector<core::PartitionCommit>& entries) = 0;
    virtual void commit_ended(WorkerId worker, const core::CommitEnded& input) = 0;

    // A request had no credential to be sent with.
    virtual void not_signed(WorkerId worker) = 0;
    virtual void sent(WorkerId worker, const ports::OutgoingRequest& request) = 0;
    // What Apple made of a request; again when it lands later.
    virtual void decided(const LedgerEntry& entry) = 0;
    // `entry`: what Apple knows about it; none when it never got there.
    virtual void ended(WorkerId worker, const core::ExchangeEnded& input, const LedgerEntry* entry) = 0;
    virtual void capacity(WorkerId worker, const core::CapacityChanged& input) = 0;

    virtual void store_asked(WorkerId worker, const core::Store& store) = 0;
    virtual void store_ended(WorkerId worker, const core::StoreEnded& input) = 0;

    virtual void said(WorkerId worker, const core::Say& line) = 0;
};

}  // namespace sim
