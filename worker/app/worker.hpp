// The whole worker, wired: the adapters, the engine and the loop between them.
//
//   auto worker = Worker::create(config, {});
//   return worker ? (*worker)->run() : complain(worker.error());
//
// Threads: create() and run() on one thread; it becomes the loop's. With Signals::take, make it before any
//          other thread. request_drain() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/result.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/app/config/config.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/core/engine/stats.hpp"
#include "worker/ports/journal.hpp"

namespace app {

struct WorkerOptions {
    adapters::reactor::Signals signals = adapters::reactor::Signals::take;
    ports::Journal* journal =
        nullptr;  // none: standard error, as the configuration says. Must outlive the worker
};

class Worker {
public:
    // Opens everything; brokers and Apple need not be reachable yet. Error: what cannot be had, and a remedy.
    [[nodiscard]] static common::Result<std::unique_ptr<Worker>> create(
        const Config& config, WorkerOptions options);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Turns the loop until it is over, then leaves the group.
    [[nodiscard]] ExitCode run();

    // One turn, for those who run the loop themselves; the code when it is over. Then call nothing more.
    [[nodiscard]] std::optional<ExitCode> turn();

    // Drains as the first SIGTERM does.
    void request_drain() noexcept;

    [[nodiscard]] std::uint16_t admin_port() const noexcept;
    [[nodiscard]] const core::Stats& stats() const noexcept;
    [[nodiscard]] core::Status status() const;

private:
    struct Parts;
    explicit Worker(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace app
