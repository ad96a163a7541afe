#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/worker.hpp"

namespace app::cli {

namespace {

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
    return (*worker)->run();
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
