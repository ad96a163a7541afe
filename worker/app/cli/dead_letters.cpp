#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <optional>

#include "worker/app/cli/letter_options.hpp"
#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/errand.hpp"
#include "worker/app/dead_letters/looking.hpp"

namespace app::cli {

namespace {

using dead_letters::ErrandOptions;
using Options = LetterOptions;
using Given = GivenLetterOptions;

std::optional<Config> configuration(const Options& options) {
    Loaded loaded = load(options.config, environment());
    if (!loaded.config) {
        fmt::print(stderr, "{}", render(loaded.report));
    }
    return std::move(loaded.config);
}

ExitCode list(const Options& options) {
    const auto config = configuration(options);
    return config ? dead_letters::list(*config, options.list, format_of(options), options.fail_when_open)
                  : ExitCode::bad_configuration;
}

ExitCode watch(const Options& options) {
    const auto config = configuration(options);
    return config ? dead_letters::watch(
                        *config, options.list,
                        std::chrono::duration_cast<common::Duration>(
                            std::chrono::duration<double>{options.interval}))
                  : ExitCode::bad_configuration;
}

ExitCode show(const Options& options) {
    const auto config = configuration(options);
    return config ? dead_letters::show(
                        *config, {.position = options.position,
                                  .reveal = options.reveal,
                                  .by = options.errand.by,
                                  .why = options.errand.why,
                                  .format = format_of(options)})
                  : ExitCode::bad_configuration;
}

ExitCode settle(Options& options, ExitCode (*errand)(const Config& config, const ErrandOptions& options)) {
    const auto config = configuration(options);
    if (!config) {
        return ExitCode::bad_configuration;
    }
    if (options.errand.by.empty()) {
        options.errand.by = dead_letters::operator_name();
    }
    options.errand.json = options.format == "json";
    options.errand.wait =
        std::chrono::duration_cast<common::Duration>(std::chrono::duration<double>{options.wait});
    return errand(*config, options.errand);
}
void add_errand(CLI::App& command, Options& options) {
    add_config_option(command, options.config);
    add_filters(command, options, options.errand.selection);
    add_format(command, options, {"table", "json"});
    command.add_flag("--dry-run", options.errand.dry_run, "Say what would be done, and do nothing");
    command.add_flag("-y,--yes", options.errand.yes, "Do not ask");
    command.add_option("--limit", options.errand.limit, "At most so many letters; 0: all")
        ->check(whole_number())
        ->type_name("NUMBER");
    command.add_option("--rate", options.errand.rate, "At most so many letters a second; 0: no limit")
        ->check(number_up_to(1'000'000))
        ->type_name("NUMBER");
}

void add_list(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command =
        parent.add_subcommand("list", "What is owed and why, by what failures have in common");
    add_config_option(*command, options->config);
    add_filters(*command, *options, options->list.selection);
    add_format(*command, *options, {"table", "json", "csv"});
    command->add_flag("--each", options->list.each, "One entry a dead letter");
    command->add_flag("--all", options->list.settled_too, "Settled ones too");
    command->add_flag(
        "--fail-when-open", options->fail_when_open, "Exit code 12 when an open one is among the listed");
    command->callback([options, &exit_code] {
        complete(*options, options->list.selection);
        exit_code = list(*options);
    });
}

void add_watch(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command = parent.add_subcommand(
        "watch", "The list, live, until Ctrl-C: all open letters are read anew each time");
    add_config_option(*command, options->config);
    add_filters(*command, *options, options->list.selection);
    command->add_flag("--each", options->list.each, "One entry a dead letter");
    command->add_option("--interval", options->interval, "Seconds between two looks")
        ->check(CLI::Range(1.0, 3600.0))
        ->capture_default_str()
        ->type_name("SECONDS");
    command->callback([options, &exit_code] {
        complete(*options, options->list.selection);
        exit_code = watch(*options);
    });
}

void add_show(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command =
        parent.add_subcommand("show", "One dead letter: what happened, what to do, what is owed");
    add_config_option(*command, options->config);
    command->add_option("position", options->position, "Where it lies")
        ->required()
        ->type_name("TOPIC/PARTITION/OFFSET");
    add_format(*command, *options, {"table", "json"});
    CLI::Option* const reveal = command->add_flag(
        "--reveal", options->reveal, "Show token values; on a terminal only, with --why, and on the record");
    command->add_option("--why", options->errand.why, "The reason, for the audit record")
        ->check(not_blank())
        ->needs(reveal)
        ->type_name("TEXT");
    command->add_option("--by", options->errand.by, "Who looks; default: the user and host")
        ->check(not_blank())
        ->type_name("NAME");
    command->callback([options, &exit_code] {
        if (options->errand.by.empty()) {
            options->errand.by = dead_letters::operator_name();
        }
        exit_code = show(*options);
    });
}

void add_replay(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command =
        parent.add_subcommand("replay", "Send open dead letters back through their source topic");
    command->footer(
        "They queue behind newer events of their accounts, and run from the first command that is still owed "
        "on.\n"
        "Without a filter all open ones are meant. Safe to interrupt at any moment; another run goes on.\n"
        "Exit code 0: all of them were executed; 11: not all, the summary says what; 10: somebody else is at "
        "it.");
    add_errand(*command, *options);
    command->add_flag(
        "--canary", options->errand.canary,
        "One first, then 1 %, 10 %, all; each step waits for its receipts and stops when any comes back");
    command->add_option("--replays-max", options->errand.replays_max, "Refuse what came back so often")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str()
        ->type_name("NUMBER");
    command
        ->add_option(
            "--wait", options->wait, "Seconds without news after which missing receipts are given up")
        ->check(number_up_to(86'400))
        ->capture_default_str()
        ->type_name("SECONDS");
    command->add_option("--why", options->errand.why, "The reason, for the audit record")
        ->check(not_blank())
        ->type_name("TEXT");
    command->add_option("--by", options->errand.by, "Who does it; default: the user and host")
        ->check(not_blank())
        ->type_name("NAME");
    command->callback([options, &exit_code] {
        complete(*options, options->errand.selection);
        exit_code = settle(*options, dead_letters::replay);
    });
}

void add_discard(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command =
        parent.add_subcommand("discard", "End obligations without executing them, on the record");
    command->footer(
        "Every discarded command gets a receipt that says who and why. There is no editing: a corrected "
        "event\n"
        "comes from the account system and closes the letter with --superseded-by.");
    add_errand(*command, *options);
    command->add_option("--why", options->errand.why, "The reason")
        ->required()
        ->check(not_blank())
        ->type_name("TEXT");
    command->add_option("--by", options->errand.by, "Who decides it")
        ->required()
        ->check(not_blank())
        ->type_name("NAME");
    command
        ->add_option("--superseded-by", options->errand.superseded_by, "Id of the event that does its work")
        ->check(not_blank())
        ->type_name("EVENT_ID");
    command->callback([options, &exit_code] {
        complete(*options, options->errand.selection);
        exit_code = settle(*options, dead_letters::discard);
    });
}

}  // namespace

void add_dead_letters(CLI::App& program, ExitCode& exit_code) {
    CLI::App* const parent =
        program.add_subcommand("dead-letters", "What is still owed: list, show, replay, discard, watch");
    parent->require_subcommand(1);
    parent->footer(
        "Examples:\n"
        "  autosignin-worker dead-letters list -c worker.yaml\n"
        "  autosignin-worker dead-letters show account-events.dead-letters/3/41 -c worker.yaml\n"
        "  autosignin-worker dead-letters replay -c worker.yaml --reason exhausted --canary\n"
        "  autosignin-worker dead-letters discard -c worker.yaml --event e-17 --superseded-by e-18 --by anna "
        "--why 'sent anew'");
    const auto options = std::make_shared<Options>();
    add_list(*parent, options, exit_code);
    add_watch(*parent, options, exit_code);
    add_show(*parent, options, exit_code);
    add_replay(*parent, options, exit_code);
    add_discard(*parent, options, exit_code);
}

}  // namespace app::cli
