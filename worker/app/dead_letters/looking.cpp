#include "worker/app/dead_letters/looking.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/app/refuse.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

ExitCode look_once(
    const Config& config, const ListOptions& options, Format format, bool fail_when_open, bool again) {
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    Meter meter;
    const auto listing = look(*shelf, options, [&](std::uint64_t looked_at, std::uint64_t of) {
        meter.show({.done = looked_at, .of = of}, ports::steady_now());
    });
    meter.end();
    if (!listing) {
        return refuse(ExitCode::cannot_start, listing.error().message);
    }
    if (again) {
        fmt::print("\033[H\033[J");
    }
    fmt::print("{}", rendered(*listing, options, format, wall_now()));
    return fail_when_open && listing->letters > 0 ? ExitCode::letters_open : ExitCode::ok;
}

}  // namespace

ExitCode list(const Config& config, const ListOptions& options, Format format, bool fail_when_open) {
    return look_once(config, options, format, fail_when_open, false);
}

ExitCode watch(const Config& config, const ListOptions& options, common::Duration interval) {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    bool looked = false;
    while (true) {
        const ExitCode code = look_once(config, options, Format::table, false, terminal);
        looked = looked || code == ExitCode::ok;
        // Once it worked, brokers that do not answer are told and asked again.
        if (code != ExitCode::ok && !(looked && code == ExitCode::cannot_start)) {
            return code;
        }
        std::fflush(stdout);
        // Ctrl-C ends it.
        static_cast<void>(::poll(
            nullptr, 0,
            static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(interval).count())));
    }
}

}  // namespace app::dead_letters
