// Sends requests to Apple and says how each ended.
#pragma once

#include <string>
#include <vector>

#include "common/secret.hpp"
#include "common/time.hpp"
#include "worker/core/engine/input.hpp"

namespace ports {

// A core::HttpRequest with what the core does not know: the credential.
struct OutgoingRequest {
    core::ExchangeId id;
    core::HttpRequest request;
    common::Secret authorization;  // the whole header value; empty: no such header
    common::Instant deadline;
};

class HttpTransport {
public:
    virtual ~HttpTransport() = default;

    // Starts an exchange; never blocks. Whatever happens, exactly one ExchangeEnded follows in collect(), at
    // the latest soon after the deadline: NotSent if it is certain that the server did not process it, else
    // Lost.
    virtual void send(OutgoingRequest request) = 0;

    // Pushes out what send() buffered: called once after a batch of sends.
    virtual void flush() = 0;

    // Appends ExchangeEnded and CapacityChanged inputs that happened since the last call; never blocks.
    virtual void collect(common::Now now, std::vector<core::Input>& inputs) = 0;

    // When collect() must be called at the latest although no socket woke the loop (deadlines, pings,
    // reconnects).
    [[nodiscard]] virtual common::Instant next_deadline() const = 0;
};

}  // namespace ports
