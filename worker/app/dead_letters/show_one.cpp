#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "worker/app/config/diagnostic.hpp"
#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/fate_search.hpp"
#include "worker/app/dead_letters/looking.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/shelf.hpp"
#include "worker/app/dead_letters/showing.hpp"
#include "worker/app/refuse.hpp"
#include "worker/core/settle/lineage.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

common::Result<bool> on_the_record(
    const Config& config, const ShowOptions& options, const core::Position& position) {
    Digest digest;
    digest.add(position);
    return leave_audit(
        config, {.id = fmt::format("{}/{}", options.position, wall_now().time_since_epoch().count()),
                 .action = "reveal",
                 .phase = "begun",
                 .by = options.by,
                 .why = options.why,
                 .group = config.kafka.group_id,
                 .filter = options.position,
                 .letters = 1,
                 .digest = digest.text(),
                 .superseded_by = {},
                 .result = {}});
}

struct Found {
    core::Letter letter;
    core::Record record;
};

common::Result<Found> letter_at(
    Shelf& shelf, const Stretch& stretch, core::Offset offset, const std::string& position) {
    common::Result<Found> found = common::Error{fmt::format(
        "{}: there is no record at this offset; the partition holds {} to {}", position, stretch.first.value,
        stretch.end.value - 1)};
    const auto done = shelf.read(stretch, offset, [&](core::LetterRead&& read, core::Record&& record) {
        if (record.offset != offset) {
            return false;
        }
        if (const auto* const foreign = std::get_if<core::NotALetter>(&read)) {
            found =
                common::Error{fmt::format("{} is no dead letter of this worker: {}", position, foreign->why)};
        } else {
            found = Found{std::get<core::Letter>(std::move(read)), std::move(record)};
        }
        return false;
    });
    return done ? std::move(found) : common::Result<Found>{done.error()};
}

Settled settled_as(const Config& config, Shelf& shelf, const core::Letter& letter) {
    Meter meter;
    auto found = find_fate(
        shelf.reader(), config.receipts.topic, letter, [&](std::uint64_t looked_at, std::uint64_t of) {
            meter.show({.done = looked_at, .of = of}, ports::steady_now());
        });
    meter.end();
    return found ? Settled{std::move(found->fate), config.receipts.topic, found->looked_at_all}
                 : Settled{core::Fate{letter}, config.receipts.topic, false, found.error().message};
}

}  // namespace

ExitCode show(const Config& config, const ShowOptions& options) {
    const auto position = core::read_position(options.position);
    if (!position) {
        return refuse(
            ExitCode::usage, fmt::format("{} is not TOPIC/PARTITION/OFFSET", app::quoted(options.position)));
    }
    if (options.reveal && isatty(STDOUT_FILENO) == 0) {
        return refuse(ExitCode::usage, "--reveal writes token values to a terminal only");
    }
    if (options.reveal && options.why.empty()) {
        return refuse(ExitCode::usage, "--reveal needs --why: it goes into the audit record");
    }
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return refuse(ExitCode::cannot_start, shelf.error().message);
    }
    const auto& stretches = shelf->stretches();
    const auto stretch = std::find_if(stretches.begin(), stretches.end(), [&](const Stretch& each) {
        return each.partition == position->partition;
    });
    if (stretch == stretches.end()) {
        return refuse(
            ExitCode::usage, fmt::format(
                                 "{} is not in a dead-letter topic of this configuration ({})",
                                 app::quoted(options.position), fmt::join(shelf->topics(), ", ")));
    }
    if (options.reveal) {
        if (const auto stored = on_the_record(config, options, *position); !stored) {
            return refuse(
                ExitCode::cannot_start,
                fmt::format(
                    "the audit record could not be stored, so nothing is shown: {}", stored.error().message));
        }
    }
    const auto found = letter_at(*shelf, *stretch, position->offset, options.position);
    if (!found) {
        return refuse(ExitCode::cannot_start, found.error().message);
    }
    std::optional<Settled> settled;
    if (is_settled(*stretch, position->offset)) {
        settled = settled_as(config, *shelf, found->letter);
    }
    fmt::print(
        "{}", shown(
                  found->letter, found->record, shelf->rules(), settled, options.reveal, options.format,
                  wall_now()));
    return ExitCode::ok;
}

}  // namespace app::dead_letters
