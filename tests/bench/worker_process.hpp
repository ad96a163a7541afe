// The real worker program as a child, with a configuration of its own, watched from outside.
//
// Errors: lane::Failed when it does not start or ends early.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/kafka/child.hpp"

namespace bench {

struct WorkerSettings {
    std::filesystem::path program;
    std::filesystem::path folder;  // its configuration, keys and log; made if missing
    std::filesystem::path ca_file;
    std::string bootstrap;
    std::uint16_t apple_port = 0;  // https://localhost:PORT
    std::size_t in_flight_max = 100;
    std::size_t connections = 1;
    // queued.max.messages.kbytes, as an operator sets it for such a rate; 0: the worker's default.
    std::size_t fetched_ahead_kib = 65'536;
};

class WorkerProcess {
public:
    explicit WorkerProcess(const WorkerSettings& settings);

    struct Progress {
        std::chrono::steady_clock::time_point at;  // when the answer was there
        double commands = 0;                       // that had an outcome
        double cpu_seconds = 0;                    // of the whole process
    };
    // Reads /metrics, which costs the worker some of the time it is measured by: ask seldom.
    [[nodiscard]] Progress progress() const;

    // The most memory it ever had resident, so far (VmHWM).
    [[nodiscard]] double peak_mib() const;

    void kill_now();
    // SIGTERM; it must end by itself, with exit code 0.
    void drain();

private:
    std::filesystem::path log_;
    std::uint16_t admin_port_;
    std::unique_ptr<lane::Child> child_;
};

}  // namespace bench
