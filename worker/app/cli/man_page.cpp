#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "worker/app/cli/command_table.hpp"

namespace app::cli {
namespace {

// Text as roff takes it: no line of ours is a request, no dash is turned into another character.
std::string plain(std::string_view text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) {
            out += "\\&";
        }
        line_begins = c == '\n';
        out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return out;
}

std::string verbatim(std::string_view text) {
    return fmt::format(".PP\n.nf\n{}\n.fi\n", plain(text));
}

std::string flag_entry(const Flag& flag) {
    std::string text = ".TP\n";
    for (const std::string& name : flag.names) {
        text += fmt::format("{}\\fB{}\\fR", &name == flag.names.data() ? "" : ", ", plain(name));
    }
    if (!flag.value.empty()) {
        text += fmt::format(" \\fI{}\\fR", plain(flag.value));
    }
    text += fmt::format("\n{}.", plain(flag.description));
    if (!flag.choices.empty()) {
        text += fmt::format(" One of {}.", plain(fmt::format("{}", fmt::join(flag.choices, ", "))));
    }
    text += flag.required ? " Required." : "";
    if (!flag.fallback.empty()) {
        text += fmt::format(" Default: {}.", plain(flag.fallback));
    }
    if (!flag.variable.empty()) {
        text += fmt::format(" The variable \\fB{}\\fR stands for it.", plain(flag.variable));
    }
    return text + "\n";
}

std::string usage(const std::string& path, const Command& command) {
    std::string text = fmt::format("\\fB{}\\fR", plain(path));
    text += command.flags.empty() ? "" : " [\\fIoptions\\fR]";
    for (const Flag& flag : command.flags) {
        if (flag.positional) {
            const std::string name = fmt::format("\\fI{}\\fR", plain(flag.names.front()));
            text += flag.required ? " " + name : fmt::format(" [{}]", name);
        }
    }
    return text + (command.commands.empty() ? "" : " \\fIcommand\\fR");
}

void add_command(std::string& text, const std::string& path, const Command& command) {
    text += fmt::format(".SS {}\n{}.\n", usage(path, command), plain(command.summary));
    for (const Flag& flag : command.flags) {
        text += flag_entry(flag);
    }
    text += command.footer.empty() ? "" : verbatim(command.footer);
    for (const Command& inner : command.commands) {
        add_command(text, path + " " + inner.name, inner);
    }
}

// A line that begins at the margin and ends with a colon begins a section of the page.
std::string sections(std::string_view footer) {
    std::string text;
    std::string lines;
    const auto close = [&] {
        text += lines.empty() ? "" : verbatim(lines);
        lines.clear();
    };
    while (!footer.empty()) {
        const std::string_view line = footer.substr(0, footer.find('\n'));
        footer.remove_prefix(std::min(line.size() + 1, footer.size()));
        if (line.ends_with(':') && line.front() != ' ') {
            close();
            std::string title{line.substr(0, line.size() - 1)};
            std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
            text += fmt::format(".SH {}\n", title);
        } else if (!line.empty()) {
            lines += lines.empty() ? "" : "\n";
            lines += line;
        }
    }
    close();
    return text;
}

}  // namespace

std::string man_page(const Command& program, std::string_view version) {
    std::string title = program.name;
    std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) {
        return static_cast<char>(std::toupper(c));
    });
    std::string text = fmt::format(
        ".\\\" Written by `{0} docs man`.\n.TH {1} 1 \"\" \"{0} {2}\" \"User commands\"\n.SH NAME\n{3} \\- "
        "{4}\n",
        program.name, plain(title), version, plain(program.name), plain(program.summary));
    text += fmt::format(".SH SYNOPSIS\n{}\n.SH OPTIONS\n", usage(program.name, program));
    for (const Flag& flag : program.flags) {
        text += flag_entry(flag);
    }
    text += ".SH COMMANDS\n";
    for (const Command& command : program.commands) {
        add_command(text, command.name, command);
    }
    return text + sections(program.footer);
}

}  // namespace app::cli
