// The way to the scripted Apple: latency both ways, deadlines, connections that end and take streams along,
// requests that land after their sender has given up or died.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "worker/ports/http_transport.hpp"
#include "worker/sim/apple/apple.hpp"
#include "worker/sim/ports/inbox.hpp"
#include "worker/sim/ports/surroundings.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/world/weather.hpp"

namespace sim {

class SimTransport final : public ports::HttpTransport, public std::enable_shared_from_this<SimTransport> {
public:
    SimTransport(const Surroundings& around, Apple& apple)
        : worker_{around.worker},
          timeline_{around.timeline},
          choices_{around.choices},
          apple_{apple},
          weather_{around.weather},
          witness_{around.witness},
          fuse_{around.fuse} {}

    void send(ports::OutgoingRequest request) override;
    void flush() override {}
    void collect(common::Now now, std::vector<core::Input>& inputs) override;
    // Everything that happens here is announced to the timeline, which wakes the loop.
    [[nodiscard]] common::Instant next_deadline() const override { return common::never; }

    [[nodiscard]] bool ready() const noexcept { return !inbox_.empty(); }
    // SETTINGS of an endpoint's connections.
    void change_capacity(core::EndpointId endpoint, std::size_t streams);

private:
    struct Flight {
        core::EndpointId endpoint;
        bool arrived = false;
        std::size_t entry = 0;  // in Apple's ledger, once arrived
    };
    void arrive(core::ExchangeId id, const Request& request);
    // Carries an answer out: waits, lands it if it has yet to happen, and does what its wire says.
    void carry(core::ExchangeId id, const Answer& answer, std::size_t entry);
    void answer_left(core::ExchangeId id, const Answer& answer);
    void end(core::ExchangeId id, core::Exchange exchange);
    void close_connection(core::EndpointId endpoint);

    WorkerId worker_;
    Timeline& timeline_;
    Choices& choices_;
    Apple& apple_;
    const Weather& weather_;
    Witness& witness_;
    Fuse& fuse_;
    std::vector<core::Input> inbox_;
    std::map<core::ExchangeId, Flight> flights_;
    std::map<core::ExchangeId, std::size_t> entries_;  // of ended exchanges, until they are collected
};

}  // namespace sim
