// Everything the engine wants done. app/worker_loop carries effects out in the order given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "worker/core/command/request.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/core/settle/letter.hpp"

namespace core {

// Exactly one ExchangeEnded follows for every SendRequest, at the latest at `deadline`.
struct SendRequest {
    ExchangeId id;
    HttpRequest request;
    common::Instant deadline;
};

enum class StoreKind : std::uint8_t { dead_letter, receipt };

// Exactly one StoreEnded follows for every Store.
struct Store {
    StoreId id;
    StoreKind kind = StoreKind::receipt;
    OutgoingRecord record;
};

struct PartitionCommit {
    Epoch epoch;
    Offset offset;
    std::string metadata;
};

// Exactly one CommitEnded follows; the engine has one commit under way at a time.
struct Commit {
    std::vector<PartitionCommit> partitions;
};

// No records of the partition until Resume; polling goes on.
struct Pause {
    Epoch epoch;
};
struct Resume {
    Epoch epoch;
};

// The answer to Revoked: everything that could be settled is committed, let the partitions go.
struct Release {
    std::vector<Epoch> epochs;
};

// Sign afresh: Apple refused what was signed last.
struct RenewCredential {
    CredentialId credential;
};

enum class Severity : std::uint8_t { debug, info, warning, error };

// One log line. `event` is a stable name for machines ("gate_closed"); `message` is for people and carries
// the remedy where there is one. Values may come from outside (topic names, error texts): the log adapter
// escapes them. Never a token value, JWT, key or payload.
struct Say {
    Severity severity = Severity::info;
    std::string_view event;  // static storage
    std::string message;
    std::vector<std::pair<std::string_view, std::string>> fields{};
};

// The drain is over: nothing is outstanding and every partition is released.
struct Finish {
    bool clean = true;  // false: the drain bound passed with work still under way
};

using Effect = std::variant<SendRequest, Store, Commit, Pause, Resume, Release, RenewCredential, Say, Finish>;
using Effects = std::vector<Effect>;

}  // namespace core
