// nginx and nghttpd on loopback, with a generated configuration, and h2load to compare the worker with.
//
// Errors: lane::Failed when a program cannot be started or does not answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/kafka/child.hpp"
#include "worker/dev/apple/certificates.hpp"

namespace bench {

// A port that was free a moment ago.
[[nodiscard]] std::uint16_t free_port();
// Returns once something listens there.
void wait_for_port(std::uint16_t port);

struct Server {
    std::uint16_t port = 0;
    lane::Child child;
};

// TLS 1.3, HTTP/2, 204 for every POST, one process, which dies with us.
[[nodiscard]] Server start_nginx(const std::filesystem::path& folder, const dev::Certificates& certificates);
// 404 for every POST, since it knows no 204 and 404 ends a Delete as well (nothing was stored). One thread.
[[nodiscard]] Server start_nghttpd(
    const std::filesystem::path& folder, const dev::Certificates& certificates);

struct Load {
    std::size_t requests = 0;
    int connections = 1;
    int streams = 100;  // of each connection
};
// Requests a second of h2load with the worker's path, size of body and size of authorization.
[[nodiscard]] double h2load(const std::filesystem::path& folder, std::uint16_t port, const Load& load);

}  // namespace bench
