// ports::HttpTransport over HTTP/1.1 (libcurl): for hosts whose ALPN does not offer h2 and for networks that
// require a proxy. One request a connection at a time, so an endpoint's capacity is its number of
// connections.
//
// After send(), call flush(); after every wait of the loop, collect(). Redirects are answers like any other
// and are never followed. https only; certificates are always verified; proxies of the environment are
// ignored.
//
// NotSent is claimed only while libcurl had not begun to write the request. libcurl repeats a request by
// itself when a kept-alive connection dies; that is stopped and told as Lost, since the first copy may have
// been executed.
//
// Ownership: the Readiness must outlive it. Exchanges under way at destruction get no end.
// Threads:   the loop's; libcurl resolves names in a thread of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/http1/notices.hpp"
#include "worker/ports/http_transport.hpp"
#include "worker/ports/readiness.hpp"
#include "worker/ports/transport_stats.hpp"

namespace adapters::http1 {

struct Endpoint {
    core::EndpointId id;
    std::string base_url;   // https://host[:port][/path]
    std::string ca_file{};  // PEM, instead of the system's CAs; empty: the system's
    std::string proxy{};    // http://[user:password@]host:port, reached by CONNECT; empty: none
    std::size_t connections_max = 64;
    // Name, TCP, CONNECT and TLS together. More than the 5 s that glibc gives each of up to three
    // nameservers: libcurl drops an answer of DNS that is later than this, so less would not survive one dead
    // nameserver.
    std::chrono::milliseconds connect_timeout{20'000};
};

class Http1Transport final : public ports::HttpTransport {
public:
    // Error: an endpoint that cannot be used; says which and why. Nothing connects before the first send().
    // `notify` is told about connections that fail or are lost, at most once a minute for the same reason.
    [[nodiscard]] static common::Result<std::unique_ptr<Http1Transport>> create(
        const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify);
    Http1Transport(const Http1Transport&) = delete;
    Http1Transport& operator=(const Http1Transport&) = delete;
    ~Http1Transport() override;

    // Requires an endpoint that was given to create().
    void send(ports::OutgoingRequest request) override;
    void flush() override;
    void collect(common::Now now, std::vector<core::Input>& inputs) override;
    [[nodiscard]] common::Instant next_deadline() const override;

    [[nodiscard]] ports::TransportStats stats(core::EndpointId endpoint) const;

private:
    class Impl;
    explicit Http1Transport(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace adapters::http1
