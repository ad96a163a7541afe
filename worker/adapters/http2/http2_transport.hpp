// ports::HttpTransport over HTTP/2 (libnghttp2, OpenSSL): one pool of connections an endpoint.
//
// After send(), call flush(); after every wait of the loop, collect(). Redirects are answers like any other
// and are never followed. https only; certificates are always verified.
//
// Ownership: the Readiness must outlive it. Exchanges under way at destruction get no end.
// Threads:   the loop's; a helper thread resolves names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/http2/connection.hpp"
#include "worker/adapters/http2/notices.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/readiness.hpp"
#include "worker/ports/transport_stats.hpp"

namespace adapters::http2 {

struct Endpoint {
    core::EndpointId id;
    std::string base_url;    // https://host[:port][/path]
    std::string ca_file{};   // PEM, in addition to the system's CAs
    bool system_cas = true;  // false: ca_file alone
    std::size_t connections_max = 4;
    std::size_t streams_max = 1000;            // a connection; the server may allow fewer
    std::uint64_t requests_max = 500'000'000;  // a connection
    Timeouts timeouts{};
};

class Http2Transport final : public ports::HttpTransport {
public:
    // Error: a base URL or CA file that cannot be used; says which. Nothing connects before the first send().
    // `notify` receives log lines; `seed` is for jitter.
    [[nodiscard]] static common::Result<std::unique_ptr<Http2Transport>> create(
        const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify,
        std::uint64_t seed);
    Http2Transport(const Http2Transport&) = delete;
    Http2Transport& operator=(const Http2Transport&) = delete;
    ~Http2Transport() override;

    // Requires an endpoint that was given to create().
    void send(ports::OutgoingRequest request) override;
    void flush() override;
    void collect(common::Now now, std::vector<core::Input>& inputs) override;
    [[nodiscard]] common::Instant next_deadline() const override;

    [[nodiscard]] ports::TransportStats stats(core::EndpointId endpoint) const;

private:
    class Impl;
    explicit Http2Transport(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace adapters::http2
