#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/version.hpp"

namespace app::cli {

void add_version(CLI::App& program, ExitCode&) {
    program.add_subcommand("version", "Print the version")->callback([] {
        fmt::print("autosignin-worker {}\n", version());
    });
}

}  // namespace app::cli
