#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "worker/app/cli/command_table.hpp"

namespace app::cli {
namespace {

// A word between single quotes, as these three shells and their completion functions take it.
std::string quoted(std::string_view text, std::string_view also = {}) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\''                                ? "'\\''"
               : also.find(c) != std::string_view::npos ? std::string{'\\', c}
                                                        : std::string(1, c);
    }
    return out + "'";
}

using Visit = std::function<void(const std::vector<std::string>& path, const Command& command)>;

void each_command(const Command& command, const std::vector<std::string>& path, const Visit& visit) {
    visit(path, command);
    for (const Command& inner : command.commands) {
        std::vector<std::string> longer = path;
        longer.push_back(inner.name);
        each_command(inner, longer, visit);
    }
}

std::string joined(const std::vector<std::string>& path, std::string_view between = " ") {
    return fmt::format("{}", fmt::join(path, between));
}

std::vector<std::string> words_at(const Command& command) {
    std::vector<std::string> words;
    for (const Command& inner : command.commands) {
        words.push_back(inner.name);
    }
    for (const Flag& flag : command.flags) {
        if (!flag.positional) {
            words.insert(words.end(), flag.names.begin(), flag.names.end());
        }
    }
    return words;
}

std::string zsh_action(const Flag& flag) {
    if (!flag.choices.empty()) {
        return fmt::format("({})", fmt::join(flag.choices, " "));
    }
    return flag.takes_file ? "_files" : "";
}

std::string zsh_flag(const Flag& flag) {
    const std::string action = zsh_action(flag);
    constexpr std::string_view special = "[]:\\";
    if (flag.positional) {
        return fmt::format(
            "    {} \\\n",
            quoted(fmt::format("{}:{}:{}", flag.required ? "" : ":", flag.names.front(), action)));
    }
    std::string text;
    for (const std::string& name : flag.names) {
        const std::string takes =
            flag.value.empty() ? "" : fmt::format(":{}:{}", quoted(flag.value, special), quoted(action));
        text += fmt::format("    '*{}['{}']'{} \\\n", name, quoted(flag.description, special), takes);
    }
    return text;
}

}  // namespace

std::string bash_completions(const Command& program) {
    std::string steps;
    std::string values;
    std::string words;
    each_command(program, {}, [&](const std::vector<std::string>& path, const Command& command) {
        const std::string here = joined(path);
        for (const Command& inner : command.commands) {
            steps += fmt::format(
                "            {}) path={} ;;\n", quoted(here + "|" + inner.name),
                quoted(path.empty() ? inner.name : here + " " + inner.name));
        }
        words += fmt::format("        {}) words={} ;;\n", quoted(here), quoted(joined(words_at(command))));
        for (const Flag& flag : command.flags) {
            for (const std::string& name : flag.names) {
                if (flag.positional || flag.value.empty()) {
                    continue;
                }
                // What is neither a file nor one of a few words has nothing to complete.
                const std::string offered =
                    flag.choices.empty()
                        ? flag.takes_file ? "compgen -f -- \"$current\"" : ":"
                        : fmt::format("compgen -W {} -- \"$current\"", quoted(joined(flag.choices)));
                values += fmt::format(
                    "        {}) mapfile -t COMPREPLY < <({}); return ;;\n",
                    quoted(fmt::format("{}|{}", here, name)), offered);
            }
        }
    });
    return fmt::format(
        R"~(# Written by `{0} docs completions bash`.
_{1}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} path='' words='' word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path|$word" in
{2}        esac
    done
    case "$path|${{COMP_WORDS[COMP_CWORD-1]}}" in
{3}    esac
    case "$path" in
{4}    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _{1} {0}
)~",
        program.name, "autosignin_worker", steps, values, words);
}

std::string zsh_completions(const Command& program) {
    std::string text = fmt::format("#compdef {0}\n# Written by `{0} docs completions zsh`.\n", program.name);
    each_command(program, {}, [&](const std::vector<std::string>& path, const Command& command) {
        std::vector<std::string> name{"_" + program.name};
        name.insert(name.end(), path.begin(), path.end());
        const std::string function = joined(name, "_");
        text += fmt::format("\n{}() {{\n    local context state line\n    _arguments -C \\\n", function);
        for (const Flag& flag : command.flags) {
            text += zsh_flag(flag);
        }
        if (command.commands.empty()) {
            text += "    && return\n}\n";
            return;
        }
        text +=
            "    '1: :->command' '*:: :->rest' && return\n    case $state in\n    command)\n        local -a "
            "commands=(\n";
        for (const Command& inner : command.commands) {
            text += fmt::format("            {}\n", quoted(fmt::format("{}:{}", inner.name, inner.summary)));
        }
        text += "        )\n        _describe command commands ;;\n    rest)\n        case $line[1] in\n";
        for (const Command& inner : command.commands) {
            text += fmt::format("        {0}) {1}_{0} ;;\n", inner.name, function);
        }
        text += "        esac ;;\n    esac\n}\n";
    });
    return text + fmt::format("\n_{0} \"$@\"\n", program.name);
}

std::string fish_completions(const Command& program) {
    std::string text = fmt::format("# Written by `{} docs completions fish`.\n", program.name);
    each_command(program, {}, [&](const std::vector<std::string>& path, const Command& command) {
        std::string when = path.empty() && !command.commands.empty() ? "__fish_use_subcommand" : "";
        for (const std::string& step : path) {
            when += fmt::format("{}__fish_seen_subcommand_from {}", when.empty() ? "" : "; and ", step);
        }
        std::vector<std::string> inner_names;
        for (const Command& inner : command.commands) {
            inner_names.push_back(inner.name);
        }
        if (!path.empty() && !inner_names.empty()) {
            when += fmt::format("; and not __fish_seen_subcommand_from {}", joined(inner_names));
        }
        const std::string begin = fmt::format("complete -c {} -n {}", program.name, quoted(when));
        for (const Command& inner : command.commands) {
            text += fmt::format("{} -f -a {} -d {}\n", begin, quoted(inner.name), quoted(inner.summary));
        }
        for (const Flag& flag : command.flags) {
            if (flag.positional) {
                if (!flag.choices.empty()) {
                    text += fmt::format("{} -f -a {}\n", begin, quoted(joined(flag.choices)));
                }
                continue;
            }
            text += begin;
            for (const std::string& name : flag.names) {
                const bool is_long = name.starts_with("--");
                text += fmt::format(" {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
            }
            text += flag.value.empty() ? "" : flag.takes_file ? " -r -F" : " -x";
            text += flag.choices.empty() ? "" : fmt::format(" -a {}", quoted(joined(flag.choices)));
            text += fmt::format(" -d {}\n", quoted(flag.description));
        }
    });
    return text;
}

}  // namespace app::cli
