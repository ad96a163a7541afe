#include <fmt/format.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/worker.hpp"

namespace app::cli {

namespace {

// Destructors that never return must not keep a process alive that has said that it stopped: one whose topic
// was deleted and made again once hung there.
constexpr unsigned seconds_for_destructors = 10;
volatile std::sig_atomic_t exit_code_of_late_end = 0;

extern "C" void end_late(int) {
    std::_Exit(exit_code_of_late_end);
}

ExitCode run(const std::string& path) {
    const Loaded loaded = load(path, environment());
    if (!loaded.report.diagnostics.empty()) {
        fmt::print(stderr, "{}", render(loaded.report));
    }
    if (!loaded.config) {
        return ExitCode::bad_configuration;
    }
    auto worker = Worker::create(*loaded.config, {});
    if (!worker) {
        fmt::print(stderr, "autosignin-worker: cannot start: {}\n", worker.error().message);
        return ExitCode::cannot_start;
    }
    const ExitCode code = (*worker)->run();
    exit_code_of_late_end = static_cast<int>(code);
    if (code == ExitCode::drained_late || code == ExitCode::stopped_at_once ||
        code == ExitCode::kafka_fatal) {
        // librdkafka's destructors wait without a deadline for brokers that may be the very reason; the exit
        // code must come out all the same, and everything that counts is in Kafka.
        std::fflush(nullptr);
        std::_Exit(static_cast<int>(code));
    }
    std::signal(SIGALRM, end_late);
    static_cast<void>(::alarm(seconds_for_destructors));
    return code;
}

}  // namespace

void add_run(CLI::App& program, ExitCode& exit_code) {
    CLI::App* run_command = program.add_subcommand("run", "Run the worker until SIGTERM or SIGINT");
    run_command->footer(
        "The first signal drains: nothing new is taken, requests under way may end within drain_timeout,\n"
        "offsets are committed, the group is left. The second signal stops at once.");
    const auto path = std::make_shared<std::string>();
    add_config_option(*run_command, *path);
    run_command->callback([path, &exit_code] { exit_code = run(*path); });
}

}  // namespace app::cli
