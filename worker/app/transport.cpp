#include "worker/app/transport.hpp"

#include "worker/adapters/http1/http1_transport.hpp"
#include "worker/adapters/http2/http2_transport.hpp"

namespace app {

namespace {

std::function<void(core::Say)> told_to(ports::Journal& journal) {
    return [&journal](const core::Say& line) {
        if (journal.wants(line.severity)) {
            journal.write(line);
        }
    };
}

common::Result<Transport> http2(
    const Config& config, ports::Readiness& readiness, ports::Journal& journal, std::uint64_t seed) {
    std::vector<adapters::http2::Endpoint> all;
    for (const std::string& url : endpoints(config)) {
        adapters::http2::Endpoint endpoint;
        endpoint.id = core::EndpointId{static_cast<std::uint32_t>(all.size())};
        endpoint.base_url = url;
        endpoint.ca_file = config.apple.ca_file;
        endpoint.system_cas = config.apple.ca_file.empty();
        if (config.apple.connections != 0) {
            endpoint.connections_max = config.apple.connections;
        }
        all.push_back(std::move(endpoint));
    }
    auto made = adapters::http2::Http2Transport::create(all, readiness, told_to(journal), seed);
    if (!made) {
        return made.error();
    }
    const adapters::http2::Http2Transport* transport = made->get();
    return Transport{
        std::move(*made), [transport](core::EndpointId endpoint) { return transport->stats(endpoint); }};
}

common::Result<Transport> http1(const Config& config, ports::Readiness& readiness, ports::Journal& journal) {
    std::vector<adapters::http1::Endpoint> all;
    for (const std::string& url : endpoints(config)) {
        adapters::http1::Endpoint endpoint;
        endpoint.id = core::EndpointId{static_cast<std::uint32_t>(all.size())};
        endpoint.base_url = url;
        endpoint.ca_file = config.apple.ca_file;
        endpoint.proxy = config.apple.proxy;
        if (config.apple.connections != 0) {
            endpoint.connections_max = config.apple.connections;
        }
        all.push_back(std::move(endpoint));
    }
    auto made = adapters::http1::Http1Transport::create(all, readiness, told_to(journal));
    if (!made) {
        return made.error();
    }
    const adapters::http1::Http1Transport* transport = made->get();
    return Transport{
        std::move(*made), [transport](core::EndpointId endpoint) { return transport->stats(endpoint); }};
}

}  // namespace

common::Result<Transport> make_transport(
    const Config& config, ports::Readiness& readiness, ports::Journal& journal, std::uint64_t seed) {
    if (config.apple.transport == TransportKind::http1) {
        return http1(config, readiness, journal);
    }
    return http2(config, readiness, journal, seed);
}

}  // namespace app
