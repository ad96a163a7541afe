// The scripted Apple (sim/apple) behind real sockets on loopback: TLS 1.2 or newer, HTTP/2 by ALPN, HTTP/1.1
// otherwise. Every fault of the script is really carried out: RST_STREAM, GOAWAY, closed connections, torn
// bodies, late answers.
//
//   auto certificates = write_certificates(directory);
//   Es256Tokens tokens;                       // keys, issuer, apps
//   auto server = AppleServer::start({.certificates = *certificates}, std::move(tokens));
//   (*server)->with_apple([](sim::Apple& apple, common::Now now) { apple.script(...); });
//   worker's base URL: (*server)->url(sim::Environment::production), CA: certificates->ca_file
//
// With options.identity there are two more addresses: the identity server (Sign in with Apple, and the images
// of its buttons), and the front desk (sim/front_desk.hpp).
//
// Over HTTP/1.1 there is no stream to reset: reset, refused stream and GOAWAY all end the connection
// unanswered.
//
// Threads:   one of its own; every method may be called from any thread.
// Ownership: stops and joins in the destructor; late landings that have not landed by then never will.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "worker/dev/apple/certificates.hpp"
#include "worker/dev/apple/secrets.hpp"
#include "worker/dev/apple/tokens.hpp"
#include "worker/sim/people/front_desk.hpp"

namespace dev {

struct AppleServerOptions {
    Certificates certificates{};
    std::uint32_t streams_max = 1000;  // SETTINGS_MAX_CONCURRENT_STREAMS of every connection
    bool http2 = true;                 // offered by ALPN
    bool http1 = true;                 // offered by ALPN, and for clients without ALPN
    sim::AppleOptions apple{};
    std::optional<sim::IdentityOptions> identity{};  // none: no identity server, and no front desk
    sim::PeopleOptions people{};
    std::uint64_t seed = 1;  // for faults with a probability
};

struct AppleServerStats {
    std::uint64_t connections = 0;  // accepted, ever
    std::uint64_t connections_http2 = 0;
    std::uint64_t connections_http1 = 0;
    std::uint64_t handshakes_failed = 0;
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;  // carried out, whatever the wire did with them
};

class AppleServer {
public:
    // Error: the certificate cannot be read or no port can be had.
    [[nodiscard]] static common::Result<std::unique_ptr<AppleServer>> start(
        const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets = {});
    AppleServer(const AppleServer&) = delete;
    AppleServer& operator=(const AppleServer&) = delete;
    ~AppleServer();

    // Each environment has a port of its own, as it has a host of its own at Apple.
    [[nodiscard]] std::uint16_t port(sim::Environment environment) const noexcept;
    [[nodiscard]] std::string url(sim::Environment environment) const;  // https://localhost:PORT
    // Only with options.identity.
    [[nodiscard]] std::string identity_url() const;
    [[nodiscard]] std::string front_desk_url() const;

    // Runs `use` while no request is handled. `now` is the clock that the script's windows are compared with:
    // CLOCK_MONOTONIC and UNIX time.
    void with_apple(const std::function<void(sim::Apple& apple, common::Now now)>& use);
    void with_tokens(const std::function<void(Es256Tokens& tokens)>& use);
    void with_people(const std::function<void(sim::People& people, common::Now now)>& use);
    // Only with options.identity.
    void with_identity(const std::function<void(sim::AppleIdentity& identity, common::Now now)>& use);
    void with_secrets(const std::function<void(Es256Secrets& secrets)>& use);
    [[nodiscard]] AppleServerStats stats();

    // These reach the connections soon after the call.
    void allow_streams(std::uint32_t streams_max);  // also for connections to come; 0 is possible
    void go_away();                                 // every connection; requests under way are answered
    void close_connections();                       // every connection, at once

private:
    class Impl;
    explicit AppleServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dev
