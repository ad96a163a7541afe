#include "worker/app/dead_letters/errand.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "worker/app/adapter_settings.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/plan.hpp"
#include "worker/app/dead_letters/run.hpp"
#include "worker/app/refuse.hpp"
#include "worker/app/version.hpp"
#include "worker/core/letters/discard_receipts.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

bool confirmed() {
    fmt::print(stderr, "go on? [y/N] ");
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

ExitCode run(const Config& config, const ErrandOptions& options, Shelf& shelf, const Errand& errand) {
    if (const auto wrong = core::contradictions(options.selection, shelf.known()); !wrong.empty()) {
        return refuse(ExitCode::usage, fmt::format("{}", fmt::join(wrong, "; ")));
    }
    Meter meter;
    const auto planned = make_plan(shelf, options, errand, [&](std::uint64_t looked_at, std::uint64_t of) {
        meter.show({.done = looked_at, .of = of}, ports::steady_now());
    });
    meter.end();
    if (!planned) {
        return refuse(ExitCode::cannot_start, planned.error().message);
    }
    // Nothing to do is good news, unless it is a slip of the pen.
    if (planned->letters == 0 && planned->refused.empty() && !planned->doubts.empty()) {
        return refuse(ExitCode::usage, fmt::format("{}", fmt::join(planned->doubts, "; ")));
    }
    // The plan is the result when nothing else follows, and goes before the question otherwise.
    const bool alone = options.dry_run || planned->letters == 0;
    const std::string plan = options.json && alone ? json_of(*planned, options, errand) + "\n"
                                                   : text_of(*planned, options, errand);
    fmt::print(alone ? stdout : stderr, "{}", plan);
    if (options.dry_run && !options.json) {
        fmt::print("nothing was done: --dry-run\n");
    }
    if (alone) {
        return options.dry_run || planned->refused.empty() ? ExitCode::ok : ExitCode::unfinished;
    }
    if (!options.yes) {
        if (isatty(STDIN_FILENO) == 0) {
            return refuse(
                ExitCode::usage, "there is no terminal to ask on: give --yes, or look with --dry-run first");
        }
        if (!confirmed()) {
            return refuse(ExitCode::unfinished, "nothing was done");
        }
    }
    return Run{config, options, errand, shelf, *planned}.go();
}

common::Result<core::ResendRules> resend_rules(
    const Config& config, const ErrandOptions& options, kafka::LogReader& reader) {
    core::ResendRules rules{config.kafka.topics, options.replays_max};
    for (const std::string& topic : config.kafka.topics) {
        const auto there = reader.has(topic);
        const auto count = there && *there ? reader.partitions(topic) : common::Result<std::int32_t>{0};
        if (!there || !count) {
            return there ? count.error() : there.error();
        }
        rules.partitions.emplace(topic, *count);
    }
    return rules;
}

}  // namespace

ExitCode replay(const Config& config, const ErrandOptions& options) {
    if (options.canary && !config.receipts.enabled) {
        return refuse(ExitCode::usage, "--canary needs receipts, and receipts.enabled is false");
    }
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    const auto rules = resend_rules(config, options, shelf->reader());
    if (!rules) {
        return refuse(ExitCode::cannot_start, rules.error().message);
    }
    return run(
        config, options, *shelf,
        {"replay", [&](const core::Letter& letter) { return core::unsendable(letter, *rules); },
         [](const core::Letter& letter, const core::Record& record) {
             return std::vector{core::resend(letter, record)};
         }});
}

ExitCode discard(const Config& config, const ErrandOptions& options) {
    if (core::selects_everything(options.selection)) {
        return refuse(
            ExitCode::usage,
            "discard ends obligations for good, so it wants a filter; `--reason invalid,rejected,exhausted` "
            "is everything that this version understands");
    }
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    const core::DecodeRules& rules = shelf->rules();
    const core::Discard why{options.by, options.why, options.superseded_by};
    return run(
        config, options, *shelf,
        {"discard",
         [&](const core::Letter& letter) {
             return letter.reason || names_places(options.selection)
                        ? std::nullopt
                        : std::optional{core::Unsendable::not_understood};
         },
         [&](const core::Letter& letter, const core::Record& record) {
             return core::discard_receipts(
                 config.receipts.topic, why, rules, letter, record, wall_now(), version());
         }});
}

}  // namespace app::dead_letters
