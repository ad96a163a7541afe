// Waits, collects inputs, asks the engine, carries its effects out. Production and simulation share it
// unchanged.
//
//   wait -> collect (source, sink, transport, credentials) -> engine.step(inputs, now) -> effects -> ports
//
// Threads: everything happens on the caller's thread.
#pragma once

#include <map>
#include <vector>

#include "common/once_a_minute.hpp"
#include "worker/core/engine/engine.hpp"
#include "worker/ports/clock.hpp"
#include "worker/ports/credentials.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/journal.hpp"
#include "worker/ports/record_sink.hpp"
#include "worker/ports/record_source.hpp"
#include "worker/ports/waiter.hpp"

namespace app {

struct Ports {
    ports::RecordSource& source;
    ports::RecordSink& sink;
    ports::HttpTransport& transport;
    ports::Credentials& credentials;
    ports::Clock& clock;
    ports::Waiter& waiter;
    ports::Journal& journal;
};

enum class TurnResult : unsigned char {
    more,           // call turn() again
    finished,       // drained, everything released
    finished_late,  // the drain bound passed with work under way; it will be repeated by the next owner
    stopped,        // told to stop at once
};

class WorkerLoop {
public:
    WorkerLoop(core::Engine& engine, Ports ports) : engine_{engine}, ports_{ports} {}

    // One turn. Waits at most until the engine's or the transport's next deadline.
    [[nodiscard]] TurnResult turn();

private:
    void carry_out(common::Now now);
    void send(core::SendRequest& send, common::Now now);

    core::Engine& engine_;
    Ports ports_;
    std::vector<core::Input> inputs_;
    core::Effects effects_;
    bool more_ready_ = false;
    std::map<core::CredentialId, common::OnceAMinute> not_signed_;
    TurnResult result_ = TurnResult::more;
};

}  // namespace app
