#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/errand.hpp"
#include "worker/app/dead_letters/listing.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/showing.hpp"
#include "worker/app/refuse.hpp"
#include "worker/core/event/text.hpp"
#include "worker/ports/clock.hpp"

namespace app::cli {

namespace {

using namespace std::chrono_literals;
using dead_letters::ErrandOptions;
using dead_letters::Format;
using dead_letters::wall_now;

struct Options {
    std::string config;
    std::string format = "table";
    std::string since;
    std::string until;
    std::vector<std::string> reasons;
    bool replayed = false;
    bool never_replayed = false;
    bool fail_when_open = false;
    double interval = 5;
    double wait = 60;
    std::string position;
    bool reveal = false;
    dead_letters::ListOptions list;
    ErrandOptions errand;
};
using Given = std::shared_ptr<Options>;

Format format_of(const Options& options) {
    return options.format == "json" ? Format::json : options.format == "csv" ? Format::csv : Format::table;
}

std::optional<Config> configuration(const Options& options) {
    Loaded loaded = load(options.config, environment());
    if (!loaded.config) {
        fmt::print(stderr, "{}", render(loaded.report));
    }
    return std::move(loaded.config);
}

CLI::Validator rfc3339() {
    return {
        [](const std::string& text) {
            return core::parse_rfc3339(text)
                       ? std::string{}
                       : "expected a time with an offset, for example 2026-11-20T09:15:00Z";
        },
        "TIME"};
}

void complete(Options& options, core::Selection& selection) {
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

void add_filters(CLI::App& command, Options& options, core::Selection& selection) {
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
    any_of("--type", selection.types, "Event type, or unknown", "TYPE");
    any_of("--app", selection.apps, "Configured app", "NAME");
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

void add_format(CLI::App& command, Options& options, const std::vector<std::string>& formats) {
    command.add_option("--format", options.format, fmt::format("{}", fmt::join(formats, ", ")))
        ->check(CLI::IsMember(formats))
        ->capture_default_str()
        ->type_name("FORMAT");
}

ExitCode list(Options& options, bool again = false) {
    const auto config = configuration(options);
    if (!config) {
        return ExitCode::bad_configuration;
    }
    auto shelf = dead_letters::Shelf::open(*config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    dead_letters::Meter meter;
    const auto listing =
        dead_letters::look(*shelf, options.list, [&](std::uint64_t looked_at, std::uint64_t of) {
            meter.show({.done = looked_at, .of = of}, ports::steady_now());
        });
    meter.end();
    if (!listing) {
        return refuse(ExitCode::cannot_start, listing.error().message);
    }
    if (again) {
        fmt::print("\033[H\033[J");
    }
    fmt::print("{}", dead_letters::rendered(*listing, options.list, format_of(options), wall_now()));
    return options.fail_when_open && listing->letters > 0 ? ExitCode::letters_open : ExitCode::ok;
}

ExitCode watch(Options& options) {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    bool looked = false;
    while (true) {
        const ExitCode code = list(options, terminal);
        looked = looked || code == ExitCode::ok;
        // Once it worked, brokers that do not answer are told and asked again.
        if (code != ExitCode::ok && !(looked && code == ExitCode::cannot_start)) {
            return code;
        }
        std::fflush(stdout);
        // Ctrl-C ends it.
        static_cast<void>(::poll(nullptr, 0, static_cast<int>(options.interval * 1000)));
    }
}

ExitCode show(const Options& options) {
    const auto position = core::read_position(options.position);
    if (!position) {
        return refuse(
            ExitCode::usage, fmt::format("{} is not TOPIC/PARTITION/OFFSET", app::quoted(options.position)));
    }
    if (options.reveal && isatty(STDOUT_FILENO) == 0) {
        return refuse(ExitCode::usage, "--reveal writes token values to a terminal only");
    }
    if (options.reveal && options.errand.why.empty()) {
        return refuse(ExitCode::usage, "--reveal needs --why: it goes into the audit record");
    }
    const auto config = configuration(options);
    if (!config) {
        return ExitCode::bad_configuration;
    }
    auto shelf = dead_letters::Shelf::open(*config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    for (const dead_letters::Stretch& stretch : shelf->stretches()) {
        if (stretch.partition != position->partition) {
            continue;
        }
        if (options.reveal) {
            dead_letters::Digest digest;
            digest.add(*position);
            const auto stored = dead_letters::leave_audit(
                *config, {.id = fmt::format("{}/{}", options.position, wall_now().time_since_epoch().count()),
                          .action = "reveal",
                          .phase = "begun",
                          .by = options.errand.by,
                          .why = options.errand.why,
                          .group = config->kafka.group_id,
                          .filter = options.position,
                          .letters = 1,
                          .digest = digest.text(),
                          .superseded_by = {},
                          .result = {}});
            if (!stored) {
                return refuse(
                    ExitCode::cannot_start,
                    fmt::format(
                        "the audit record could not be stored, so nothing is shown: {}",
                        stored.error().message));
            }
        }
        ExitCode code = ExitCode::cannot_start;
        std::string problem = fmt::format(
            "{}: there is no record at this offset; the partition holds {} to {}", options.position,
            stretch.first.value, stretch.end.value - 1);
        const auto read =
            shelf->read(stretch, position->offset, [&](core::LetterRead&& found, core::Record&& record) {
                if (record.offset != position->offset) {
                    return false;
                }
                if (const auto* const foreign = std::get_if<core::NotALetter>(&found)) {
                    problem = fmt::format(
                        "{} is no dead letter of this worker: {}", options.position, foreign->why);
                    return false;
                }
                fmt::print(
                    "{}", dead_letters::shown(
                              std::get<core::Letter>(found), record, shelf->rules(),
                              dead_letters::is_settled(stretch, record.offset), options.reveal,
                              format_of(options), wall_now()));
                code = ExitCode::ok;
                return false;
            });
        return code == ExitCode::ok ? code : refuse(code, read ? problem : read.error().message);
    }
    return refuse(
        ExitCode::usage, fmt::format(
                             "{} is not in a dead-letter topic of this configuration ({})",
                             app::quoted(options.position), fmt::join(shelf->topics(), ", ")));
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

// CLI11's own checks let nan through, and read -1 as a huge count.
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

// A reason and a name stay on the record: neither may be blank.
CLI::Validator not_blank() {
    return CLI::Validator{
        [](std::string& text) {
            return text.find_first_not_of(" \t\r\n") == std::string::npos
                       ? std::string{"it must not be blank: it goes on the record"}
                       : std::string{};
        },
        ""};
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
    command->add_flag("--fail-when-open", options->fail_when_open, "Exit code 12 when any is listed");
    command->callback([options, &exit_code] {
        complete(*options, options->list.selection);
        exit_code = list(*options);
    });
}

void add_watch(CLI::App& parent, const Given& options, ExitCode& exit_code) {
    CLI::App* const command = parent.add_subcommand("watch", "The list, live, until Ctrl-C");
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
