#include "worker/app/cli/letter_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "worker/app/config/diagnostic.hpp"
#include "worker/core/event/text.hpp"

namespace app::cli {

namespace {

CLI::Validator rfc3339() {
    return {
        [](const std::string& text) {
            return core::parse_rfc3339(text)
                       ? std::string{}
                       : "expected a time with an offset, for example 2026-11-20T09:15:00Z";
        },
        "TIME"};
}
}  // namespace

dead_letters::Format format_of(const LetterOptions& options) {
    return options.format == "json"  ? dead_letters::Format::json
           : options.format == "csv" ? dead_letters::Format::csv
                                     : dead_letters::Format::table;
}
void complete(const LetterOptions& options, core::Selection& selection) {
    for (const std::string& name : options.reasons) {
        for (const core::DeadLetterReason reason : core::dead_letter_reasons) {
            if (core::reason_name(reason) == name) {
                selection.reasons.push_back(reason);
            }
        }
    }
    selection.since = core::parse_rfc3339(options.since);
    selection.until = core::parse_rfc3339(options.until);
    if (options.replayed || options.never_replayed) {
        selection.replayed = options.replayed;
    }
}
void add_filters(CLI::App& command, LetterOptions& options, core::Selection& selection) {
    const std::string filters = "Filters (all that are given must hold)";
    command.add_option("--reason", options.reasons, "Why it failed")
        ->check(CLI::IsMember({"invalid", "rejected", "exhausted"}))
        ->delimiter(',')
        ->type_name("invalid,rejected,exhausted")
        ->group(filters);
    const auto any_of = [&](const char* name, auto& values, const char* help, const char* type) {
        command.add_option(name, values, help)->delimiter(',')->type_name(type)->group(filters);
    };
    any_of("--code", selection.codes, "Error code, for example 400 or unknown_app", "CODE");
    any_of("--type", selection.types, "Event type, as list shows it; unknown: every one that is", "TYPE");
    any_of("--app", selection.apps, "App, as configured or as the event calls it", "NAME");
    any_of("--account", selection.accounts, "The event's subject", "TEXT");
    any_of("--event", selection.events, "The event's id", "ID");
    command.add_option("--group", selection.groups, "Group, as list names it")
        ->type_name("SIGNATURE")
        ->group(filters);
    any_of("--topic", selection.topics, "Source topic", "TOPIC");
    command.add_option("--since", options.since, "Failed at or after")->check(rfc3339())->group(filters);
    command.add_option("--until", options.until, "Failed before")->check(rfc3339())->group(filters);
    any_of("--partition", selection.partitions, "Partition of the dead-letter topic", "NUMBER");
    any_of("--offset", selection.offsets, "Offset in the dead-letter topic", "NUMBER");
    CLI::Option* const replayed =
        command.add_flag("--replayed", options.replayed, "Came back from a replay")->group(filters);
    command.add_flag("--never-replayed", options.never_replayed, "Was never replayed")
        ->excludes(replayed)
        ->group(filters);
}
void add_format(CLI::App& command, LetterOptions& options, const std::vector<std::string>& formats) {
    command.add_option("--format", options.format, fmt::format("{}", fmt::join(formats, ", ")))
        ->check(CLI::IsMember(formats))
        ->capture_default_str()
        ->type_name("FORMAT");
}
CLI::Validator number_up_to(double most) {
    return CLI::Validator{
        [most](std::string& text) {
            char* end = nullptr;
            const double number = std::strtod(text.c_str(), &end);
            const bool whole = end != text.c_str() && *end == '\0';
            return whole && number >= 0 && number <= most
                       ? std::string{}
                       : fmt::format("{} is not a number from 0 to {:.0f}", app::quoted(text), most);
        },
        ""};
}

CLI::Validator whole_number() {
    return CLI::Validator{
        [](std::string& text) {
            constexpr std::size_t digits_max = 18;  // fit into 64 bits
            const bool digits = !text.empty() && text.size() <= digits_max &&
                                text.find_first_not_of("0123456789") == std::string::npos;
            return digits ? std::string{}
                          : fmt::format("{} is not a whole number, 0 or more", app::quoted(text));
        },
        ""};
}

CLI::Validator not_blank() {
    return CLI::Validator{
        [](std::string& text) {
            return text.find_first_not_of(" \t\r\n") == std::string::npos
                       ? std::string{"it must not be blank: it goes on the record"}
                       : std::string{};
        },
        ""};
}
}  // namespace app::cli
