#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "worker/app/cli/command_table.hpp"
#include "worker/app/cli/subcommands.hpp"
#include "worker/app/version.hpp"

namespace app::cli {

namespace {

// CLI11 writes what it checks behind the name of the type: FORMAT:{text,json}, SECONDS:FLOAT in [1 - 3600].
void read_type(const CLI::Option& option, Flag& flag) {
    if (option.get_items_expected_max() == 0) {
        return;
    }
    flag.value = option.get_type_name();
    const std::size_t open = flag.value.find(":{");
    if (open != std::string::npos && flag.value.ends_with('}')) {
        flag.choices = CLI::detail::split(flag.value.substr(open + 2, flag.value.size() - open - 3), ',');
    }
    flag.value.resize(std::min(flag.value.find(':'), flag.value.size()));
    flag.takes_file = flag.value.find("FILE") != std::string::npos;
}

Flag flag_of(const CLI::Option& option) {
    Flag flag;
    flag.positional = option.get_positional();
    for (const std::string& name : option.get_snames()) {
        flag.names.push_back(fmt::format("-{}", name));
    }
    for (const std::string& name : option.get_lnames()) {
        flag.names.push_back(fmt::format("--{}", name));
    }
    if (flag.positional) {
        flag.names = {option.get_name(true)};
    }
    read_type(option, flag);
    flag.required = option.get_required();
    flag.variable = option.get_envname();
    flag.fallback = option.get_default_str();
    flag.description = option.get_description();
    return flag;
}

Command command_of(const CLI::App& app) {
    Command command{app.get_name(), app.get_description(), app.get_footer()};
    // A command without a footer has that of the command around it.
    if (app.get_parent() != nullptr && app.get_parent()->get_footer() == command.footer) {
        command.footer.clear();
    }
    for (const CLI::Option* option : app.get_options()) {
        command.flags.push_back(flag_of(*option));
    }
    for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
        command.commands.push_back(command_of(*inner));
    }
    return command;
}

}  // namespace

void add_docs(CLI::App& program, ExitCode&) {
    CLI::App* docs = program.add_subcommand("docs", "Print the man page or a shell's completions");
    docs->footer(
        "Examples:\n"
        "  autosignin-worker docs man | man -l -\n"
        "  source <(autosignin-worker docs completions bash)");
    docs->require_subcommand(1);
    docs->add_subcommand("man", "Print the man page, in roff")->callback([&program] {
        fmt::print("{}", man_page(command_of(program), version()));
    });
    CLI::App* completions = docs->add_subcommand("completions", "Print completions for a shell");
    const auto shell = std::make_shared<std::string>();
    completions->add_option("shell", *shell, "Which shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("SHELL");
    completions->callback([&program, shell] {
        const Command table = command_of(program);
        fmt::print(
            "{}", *shell == "bash"  ? bash_completions(table)
                  : *shell == "zsh" ? zsh_completions(table)
                                    : fish_completions(table));
    });
}

}  // namespace app::cli
