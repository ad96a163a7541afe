#include <unistd.h>

#include <CLI/CLI.hpp>

#include "worker/app/cli/subcommands.hpp"

namespace app::cli {

CLI::Option* add_config_option(CLI::App& subcommand, std::string& path) {
    return subcommand.add_option("-c,--config", path, "The configuration, a YAML file")
        ->envname("AUTOSIGNIN_CONFIG")
        ->required()
        ->type_name("FILE");
}

Environment environment() {
    Environment variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::size_t equals = text.find('=');
        // --config has a variable too, which is no key of the file.
        if (text.starts_with("AUTOSIGNIN_") && equals != std::string_view::npos &&
            text.substr(0, equals) != "AUTOSIGNIN_CONFIG") {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

}  // namespace app::cli
