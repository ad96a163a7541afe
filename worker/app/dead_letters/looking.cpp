#include "worker/app/dead_letters/looking.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/app/dead_letters/texts.hpp"
#include "worker/app/dead_letters/watch_screen.hpp"
#include "worker/app/refuse.hpp"
#include "worker/app/terminal_width.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

struct Looked {
    std::optional<Listing> listing;
    ExitCode failed = ExitCode::ok;  // without a listing; the message is written
};

Looked looked_at(const Config& config, const ListOptions& options) {
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return {std::nullopt, refuse(ExitCode::cannot_start, shelf.error().message)};
    }
    if (const auto wrong = core::contradictions(options.selection, shelf->known()); !wrong.empty()) {
        return {std::nullopt, refuse(ExitCode::usage, fmt::format("{}", fmt::join(wrong, "; ")))};
    }
    Meter meter;
    auto listing = look(*shelf, options, [&](std::uint64_t looked_at, std::uint64_t of) {
        meter.show({.done = looked_at, .of = of}, ports::steady_now());
    });
    meter.end();
    if (!listing) {
        return {std::nullopt, refuse(ExitCode::cannot_start, listing.error().message)};
    }
    return {std::move(*listing), ExitCode::ok};
}

// No "0 open" for a slip of the pen.
bool is_a_slip(const Listing& listing) {
    return listing.letters == 0 && !listing.doubts.empty();
}

ExitCode refuse_slip(const Listing& listing) {
    return refuse(ExitCode::usage, fmt::format("{}", fmt::join(listing.doubts, "; ")));
}

// A spreadsheet has no place for them.
void say_beside(const Listing& listing, const ListOptions& options) {
    for (const std::string& doubt : listing.doubts) {
        fmt::print(stderr, "autosignin-worker: {}\n", plain(doubt));
    }
    if (options.each && listing.each.size() < listing.letters) {
        fmt::print(
            stderr, "autosignin-worker: {} of {} are listed: add a filter to see the others\n",
            listing.each.size(), listing.letters);
    }
}

}  // namespace

ExitCode list(const Config& config, const ListOptions& options, Format format, bool fail_when_open) {
    const auto [listing, failed] = looked_at(config, options);
    if (!listing) {
        return failed;
    }
    if (is_a_slip(*listing)) {
        return refuse_slip(*listing);
    }
    if (format == Format::csv) {
        say_beside(*listing, options);
    }
    fmt::print("{}", rendered(*listing, options, format, wall_now()));
    return fail_when_open && listing->open > 0 ? ExitCode::letters_open : ExitCode::ok;
}

ExitCode watch(const Config& config, const ListOptions& options, common::Duration interval) {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    bool seen = false;
    while (true) {
        const auto [listing, failed] = looked_at(config, options);
        // Once it worked, brokers that do not answer are told and asked again.
        if (!listing && !(seen && failed == ExitCode::cannot_start)) {
            return failed;
        }
        if (listing) {
            // Later the letters that bore the name may be settled.
            if (!seen && is_a_slip(*listing)) {
                return refuse_slip(*listing);
            }
            seen = true;
            const Screen screen =
                terminal ? Screen{terminal_rows(STDOUT_FILENO), terminal_width(STDOUT_FILENO)} : Screen{};
            fmt::print(
                "{}{}", terminal ? "\033[H\033[J" : "",
                watch_screen(*listing, options, interval, screen, wall_now()));
            std::fflush(stdout);
        }
        // Ctrl-C ends it.
        static_cast<void>(::poll(
            nullptr, 0,
            static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(interval).count())));
    }
}

}  // namespace app::dead_letters
