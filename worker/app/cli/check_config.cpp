#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"

namespace app::cli {

void add_check_config(CLI::App& program, ExitCode& exit_code) {
    CLI::App* check =
        program.add_subcommand("check-config", "Say everything that is wrong with a configuration");
    check->footer(
        "Reads the file, the environment and the files they name; connects to nothing. Every problem has "
        "its\n"
        "place, the rule and what to write. Exit code 3 when the worker would not start, else 0.\n"
        "--skip-files is for machines without the secrets, as in CI: what is in the files is unchecked "
        "then,\n"
        "and each is listed.");
    const auto path = std::make_shared<std::string>();
    const auto skip_files = std::make_shared<bool>(false);
    add_config_option(*check, *path);
    check->add_flag(
        "--skip-files", *skip_files,
        "Do not look at the files that the configuration names: keys, passwords, certificates");
    check->callback([path, skip_files, &exit_code] {
        const Loaded loaded =
            load(*path, environment(), *skip_files ? NamedFiles::skipped : NamedFiles::looked_at);
        fmt::print("{}", render(loaded.report));
        exit_code = loaded.config ? ExitCode::ok : ExitCode::bad_configuration;
    });
}

void add_config_reference(CLI::App& program, ExitCode&) {
    program.add_subcommand("config-reference", "Print the table of all configuration keys (markdown)")
        ->callback([] { fmt::print("{}", reference()); });
}

}  // namespace app::cli
