#include "worker/dev/demo/letters_chapter.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/errand.hpp"
#include "worker/app/dead_letters/rendering.hpp"

namespace dev {

namespace {

namespace letters = app::dead_letters;
using namespace std::chrono_literals;
using core::DeadLetterReason;

// Prints what `dead-letters list` prints; how many letters that were.
common::Result<std::uint64_t> list(const app::Config& config, const Scene& scene) {
    fmt::print("\n$ autosignin-worker dead-letters list -c {}\n", scene.config_file().string());
    auto shelf = letters::Shelf::open(config);
    if (!shelf) {
        return shelf.error();
    }
    const auto listing = letters::look(*shelf, {}, [](std::uint64_t, std::uint64_t) {});
    if (!listing) {
        return listing.error();
    }
    fmt::print("{}", letters::rendered(*listing, {}, letters::Format::table, letters::wall_now()));
    std::fflush(stdout);
    return listing->letters;
}

letters::ErrandOptions errand(std::initializer_list<DeadLetterReason> reasons, std::string why) {
    letters::ErrandOptions options;
    options.selection.reasons = reasons;
    options.by = letters::operator_name();
    options.why = std::move(why);
    options.yes = true;
    options.wait = 10s;
    return options;
}

bool replay(const app::Config& config) {
    fmt::print(
        "\nApple takes the refused values from now on. So what it rejected or failed is replayed:\n\n"
        "$ autosignin-worker dead-letters replay --reason rejected,exhausted --canary --yes ...\n");
    std::fflush(stdout);
    letters::ErrandOptions options =
        errand({DeadLetterReason::rejected, DeadLetterReason::exhausted}, "Apple was mended");
    options.canary = true;
    return letters::replay(config, options) == app::ExitCode::ok;
}

bool discard(const app::Config& config) {
    const std::string why = "malformed on purpose, so there is nothing to send anew";
    fmt::print(
        "\nWhat is no event can never be executed, so a person ends it on the record:\n\n"
        "$ autosignin-worker dead-letters discard --reason invalid --by $USER --why '{}' --yes ...\n",
        why);
    std::fflush(stdout);
    return letters::discard(config, errand({DeadLetterReason::invalid}, why)) == app::ExitCode::ok;
}

// Receipts lie in Kafka when replay and discard have ended; reading them takes a moment.
std::uint64_t discarded(Tally& tally, std::uint64_t expected, StopSignal& stop) {
    for (int look = 0; look < 100 && tally.outcome("discarded") < expected && !stop.wait(50ms); ++look) {
        tally.read();
    }
    return tally.outcome("discarded");
}

std::uint64_t ended_well(const Tally& tally) {
    std::uint64_t all = 0;
    for (const char* outcome : {"executed", "probably_executed", "already_so", "not_found"}) {
        all += tally.outcome(outcome);
    }
    return all;
}

}  // namespace

bool work_off_letters(
    const app::Config& config, const sim::Plan& plan, Scene& scene, Tally& tally, StopSignal& stop) {
    std::uint64_t invalid = 0;
    for (const sim::PlannedRecord& record : plan.records) {
        invalid += record.kind == sim::RecordKind::invalid ? 1 : 0;
    }
    const std::uint64_t before = ended_well(tally);
    fmt::print("\nDead letters are what is still owed.\n");
    const auto at_first = list(config, scene);
    if (!at_first || stop.wait(0ms)) {
        fmt::print("{}\n", at_first ? "" : at_first.error().message);
        return false;
    }
    if (*at_first == 0) {
        return true;
    }
    scene.mend_apple();
    if (!replay(config) || stop.wait(0ms) || !discard(config) || stop.wait(0ms)) {
        return false;
    }
    const auto owed = list(config, scene);
    const std::uint64_t receipts = discarded(tally, invalid, stop);
    const std::size_t left = scene.still_stored(plan);
    const bool good = owed && *owed == 0 && receipts == invalid && left == 0;
    fmt::print(
        "\n{}: by the receipts {} replayed commands have ended well and {} events are discarded.\n",
        good ? "Nothing is owed any more" : "WRONG, something is still owed", ended_well(tally) - before,
        receipts);
    if (left > 0) {
        fmt::print("WRONG: Apple still holds {} values that replayed events named\n", left);
    }
    std::fflush(stdout);
    return good;
}

}  // namespace dev
