// What the worker says about itself on its admin port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dev {

// A gate that is not open, or a breaker that is not closed.
struct Trouble {
    std::string who;  // the app; empty for a breaker
    std::string why;
};

struct WorkerStatus {
    std::size_t in_flight = 0;
    std::size_t held = 0;      // lanes behind a closed gate or breaker
    std::size_t retrying = 0;  // lanes that wait for a retry
    std::optional<double> oldest_unexecuted_seconds{};
    std::vector<Trouble> troubles{};  // empty when all is well
};

// None when the admin port does not answer within a second.
[[nodiscard]] std::optional<WorkerStatus> ask_status(std::uint16_t port);
[[nodiscard]] bool is_ready(std::uint16_t port);

}  // namespace dev
