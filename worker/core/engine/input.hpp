// Everything that can happen to the engine. Adapters translate their library's words into these, once.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/strong.hpp"
#include "worker/core/command/request.hpp"
#include "worker/core/event/event.hpp"
#include "worker/core/event/record.hpp"
#include "worker/core/outcome/exchange.hpp"

namespace core {

using ExchangeId = common::Strong<struct ExchangeIdTag, std::uint64_t>;
using StoreId = common::Strong<struct StoreIdTag, std::uint64_t>;

// The partition is ours and will be read from `next` on. `metadata` is what the last commit carried.
struct Assigned {
    Epoch epoch;
    TopicPartition partition;
    Offset next;
    std::string metadata;
};

// The group wants the partitions back: drain, commit, then answer with effect Release.
// `lost`: they are gone already; nothing is waited for and nothing is committed.
struct Revoked {
    std::vector<Epoch> epochs;
    bool lost = false;
};

struct Received {
    Record record;
};

struct ExchangeEnded {
    ExchangeId id;
    Exchange exchange;
};

enum class StoreResult : std::uint8_t {
    acknowledged,
    failed,     // may pass: broker down, missing right, queue full. Stored again, for ever
    too_large,  // the broker will never take it as it is
};

struct StoreEnded {
    StoreId id;
    StoreResult result = StoreResult::acknowledged;
    std::string error;  // the library's code, for the log; never payload
};

// The result of the one commit that is under way.
struct CommitEnded {
    bool ok = true;
    std::string error;
};

// How many streams the server of this endpoint allows now, over all connections (SETTINGS); 0: none for now.
struct CapacityChanged {
    EndpointId endpoint;
    std::size_t streams = 0;
};

// The key files of a credential changed and could be read: if it is refused it is worth a probe at once.
struct CredentialChanged {
    CredentialId credential;
};

// Time passed; next_deadline() was reached.
struct Tick {};

// SIGTERM: stop taking, let flights end within the drain bound, commit, release everything, finish.
struct DrainRequested {};

using Input = std::variant<
    Assigned, Revoked, Received, ExchangeEnded, StoreEnded, CommitEnded, CapacityChanged, CredentialChanged,
    Tick, DrainRequested>;

}  // namespace core
