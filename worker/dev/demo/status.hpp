// What the worker says about itself on its admin port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace dev {

struct WorkerStatus {
    std::size_t in_flight = 0;
    std::size_t held = 0;      // lanes behind a closed gate or breaker
    std::size_t retrying = 0;  // lanes that wait for a retry
    std::optional<double> oldest_unexecuted_seconds{};
    std::string trouble{};  // gates and breakers that are not open and closed; empty when all is well
};

// None when the admin port does not answer within a second.
[[nodiscard]] std::optional<WorkerStatus> ask_status(std::uint16_t port);
[[nodiscard]] bool is_ready(std::uint16_t port);

}  // namespace dev
