#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "worker/app/cli/subcommands.hpp"
#include "worker/core/event/schemas.hpp"

namespace app::cli {

namespace {

ExitCode print_schema(const std::string& type) {
    for (const core::Schema& schema : core::schemas()) {
        if (type.empty()) {
            fmt::print("{}\n", schema.type);
        } else if (schema.type == type) {
            fmt::print("{}", schema.text);
            return ExitCode::ok;
        }
    }
    if (type.empty()) {
        return ExitCode::ok;
    }
    fmt::print(stderr, "autosignin-worker: no schema has this name; `autosignin-worker schema` lists them\n");
    return ExitCode::usage;
}

}  // namespace

void add_schema(CLI::App& program, ExitCode& exit_code) {
    CLI::App* schema =
        program.add_subcommand("schema", "Print the JSON Schema of an event type, or list them");
    const auto type = std::make_shared<std::string>();
    schema->add_option("type", *type, "For example account.deleted.v1")->type_name("TYPE");
    schema->callback([type, &exit_code] { exit_code = print_schema(*type); });
}

}  // namespace app::cli
