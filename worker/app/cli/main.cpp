#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/diagnostic.hpp"
#include "worker/app/version.hpp"

namespace {

// Tokens and keys are in memory: no core dump, no debugger of another user.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    static_cast<void>(setrlimit(RLIMIT_CORE, &none));
    static_cast<void>(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

std::string footer() {
    std::string text =
        "Examples:\n"
        "  autosignin-worker check-config --config worker.yaml    say everything that is wrong with it\n"
        "  autosignin-worker run --config worker.yaml             until SIGTERM; a second signal stops at "
        "once\n"
        "  autosignin-worker dead-letters list -c worker.yaml     what is still owed, and why\n"
        "  autosignin-worker doctor -c worker.yaml                what a deployment lacks, with remedies\n"
        "  autosignin-worker explain event.json -c worker.yaml    what it would do with an event\n"
        "  autosignin-worker schema account.deleted.v1            the JSON Schema of an event\n"
        "  autosignin-worker sign-in-with-apple verify FILE ...   Apple's identity service, by hand\n"
        "\nEnvironment:\n"
        "  AUTOSIGNIN_CONFIG                                      the same as --config\n"
        "  AUTOSIGNIN_APPLE__IN_FLIGHT_MAX=200                    overrides apple.in_flight_max; so for "
        "every key\n"
        "\nExit codes:\n";
    for (const app::ExitMeaning& exit : app::exit_meanings) {
        text += fmt::format("  {:<3}  {}\n", static_cast<int>(exit.code), exit.meaning);
    }
    return text;
}

bool has_subcommand(const CLI::App& program, std::string_view name) {
    const auto all = program.get_subcommands([](const CLI::App*) { return true; });
    return std::any_of(
        all.begin(), all.end(), [&](const CLI::App* subcommand) { return subcommand->get_name() == name; });
}

int command_line(int argc, char** argv) {
    CLI::App program{"Executes account events from Kafka against Apple's sign-in APIs.", "autosignin-worker"};
    program.footer(footer());
    program.require_subcommand(1);
    program.set_version_flag("--version", std::string{app::version()});
    app::ExitCode exit_code = app::ExitCode::ok;
    app::cli::add_run(program, exit_code);
    app::cli::add_check_config(program, exit_code);
    app::cli::add_config_reference(program, exit_code);
    app::cli::add_dead_letters(program, exit_code);
    app::cli::add_docs(program, exit_code);
    app::cli::add_doctor(program, exit_code);
    app::cli::add_explain(program, exit_code);
    app::cli::add_schema(program, exit_code);
    app::cli::add_sign_in_with_apple(program, exit_code);
    app::cli::add_version(program, exit_code);
    if (argc > 1 && argv[1][0] != '-' && !has_subcommand(program, argv[1])) {
        // CLI11 would only say that a subcommand is required.
        fmt::print(
            stderr, "autosignin-worker: there is no subcommand {}\nRun with --help for more information.\n",
            app::quoted(argv[1]));
        return static_cast<int>(app::ExitCode::usage);
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : static_cast<int>(app::ExitCode::usage);
    }
    // A script that keeps the answer must learn that the disk was full.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        fmt::print(stderr, "autosignin-worker: standard output cannot be written\n");
        return static_cast<int>(exit_code == app::ExitCode::ok ? app::ExitCode::unexpected : exit_code);
    }
    return static_cast<int>(exit_code);
}

}  // namespace

int main(int argc, char** argv) {
    forbid_core_dumps();
    try {
        return command_line(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "autosignin-worker: unexpected: {}\n", error.what());
        return static_cast<int>(app::ExitCode::unexpected);
    }
}
