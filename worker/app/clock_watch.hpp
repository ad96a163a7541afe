// Reads Apple's clock off the answers that pass by. Otherwise the transport it wraps.
#pragma once

#include <memory>
#include <optional>

#include "worker/adapters/auth/clock_skew.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/journal.hpp"

namespace app {

class ClockWatch final : public ports::HttpTransport {
public:
    // Both must outlive it.
    ClockWatch(ports::HttpTransport& transport, ports::Journal& journal)
        : transport_{transport}, journal_{journal} {}

    void send(ports::OutgoingRequest request) override { transport_.send(std::move(request)); }
    void flush() override { transport_.flush(); }
    void collect(common::Now now, std::vector<core::Input>& inputs) override;
    [[nodiscard]] common::Instant next_deadline() const override { return transport_.next_deadline(); }

    // Positive: our clock is behind Apple's. None before the first answer with a Date.
    [[nodiscard]] const std::optional<common::Duration>& skew() const noexcept { return skew_.last(); }

private:
    ports::HttpTransport& transport_;
    ports::Journal& journal_;
    auth::ClockSkew skew_;
};

}  // namespace app
