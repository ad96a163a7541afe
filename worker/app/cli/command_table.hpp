// The command line as data, and what is written from it: the man page and the shells' completions. So nothing
// that the program understands can be missing there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace app::cli {

struct Flag {
    std::vector<std::string> names{};  // with their dashes, short ones first; of a positional: its name alone
    std::string value{};               // what it takes, as --help shows it; empty: nothing
    std::vector<std::string> choices{};  // the values it takes, when they are few
    bool takes_file = false;
    bool positional = false;
    bool required = false;
    std::string variable{};  // the environment variable that stands for it
    std::string fallback{};  // its value when it is not given
    std::string description{};
};

struct Command {
    std::string name{};
    std::string summary{};
    std::string footer{};
    std::vector<Flag> flags{};
    std::vector<Command> commands{};
};

// A page for man(1), in its section 1.
[[nodiscard]] std::string man_page(const Command& program, std::string_view version);

// Completion scripts, each named as its shell wants it installed.
[[nodiscard]] std::string bash_completions(const Command& program);
[[nodiscard]] std::string zsh_completions(const Command& program);
[[nodiscard]] std::string fish_completions(const Command& program);

}  // namespace app::cli
