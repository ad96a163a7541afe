// The subcommands, one file each. Each adds itself to the program and, when chosen, leaves its exit code.
#pragma once

#include <string>

#include "worker/app/config/values.hpp"
#include "worker/app/exit_code.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace app::cli {

void add_run(CLI::App& program, ExitCode& exit_code);
void add_check_config(CLI::App& program, ExitCode& exit_code);
void add_config_reference(CLI::App& program, ExitCode& exit_code);
void add_dead_letters(CLI::App& program, ExitCode& exit_code);
void add_docs(CLI::App& program, ExitCode& exit_code);
void add_doctor(CLI::App& program, ExitCode& exit_code);
void add_explain(CLI::App& program, ExitCode& exit_code);
void add_schema(CLI::App& program, ExitCode& exit_code);
void add_sign_in_with_apple(CLI::App& program, ExitCode& exit_code);
void add_version(CLI::App& program, ExitCode& exit_code);

// The option --config, with its variable; required unless the caller says otherwise.
CLI::Option* add_config_option(CLI::App& subcommand, std::string& path);

// Of this process.
[[nodiscard]] Environment environment();

}  // namespace app::cli
