#include "worker/app/parting.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace app {

namespace {

constexpr common::Duration interval = std::chrono::milliseconds{100};

struct Open {
    std::size_t in_flight = 0;  // requests to Apple
    std::size_t stores = 0;     // dead letters and receipts to Kafka
    std::size_t unsettled = 0;  // records
};

Open open_in(const core::Status& status) {
    Open open{status.in_flight, status.stores_in_flight, 0};
    for (const core::PartitionStatus& partition : status.partitions) {
        open.unsettled += partition.unsettled;
    }
    return open;
}

std::string late(const Open& open) {
    if (open.in_flight + open.stores == 0) {
        return fmt::format(
            "Kafka did not take the last commit within drain_timeout, so the next owner of the partitions "
            "repeats what was finished since the one before; {} records were unfinished",
            open.unsettled);
    }
    return fmt::format(
        "drain_timeout passed with {} requests to Apple in flight, {} receipts and dead letters on their way "
        "to Kafka and {} records unfinished; the next owner of the partitions repeats them. Should it happen "
        "often, make drain_timeout longer than apple.request_timeout",
        open.in_flight, open.stores, open.unsettled);
}

std::string at_once(const Open& open) {
    return fmt::format(
        "a second signal: stopped at once, without a last commit and without leaving the group, with {} "
        "requests to Apple in flight and {} records unfinished; who takes the partitions after the session "
        "timeout repeats them",
        open.in_flight, open.unsettled);
}

}  // namespace

bool LastLook::due(common::Instant now) {
    if (now < next_) {
        return false;
    }
    next_ = now + interval;
    return true;
}

std::optional<core::Say> parting_words(ExitCode code, const std::optional<core::Status>& before) {
    if (code != ExitCode::drained_late && code != ExitCode::stopped_at_once) {
        return std::nullopt;
    }
    const bool is_late = code == ExitCode::drained_late;
    core::Say say{core::Severity::warning, is_late ? "drained_late" : "stopped_at_once", ""};
    if (!before) {
        say.message = is_late ? "drain_timeout passed before the work under way could end; the next owner of "
                                "the partitions repeats it"
                              : at_once({});
        return say;
    }
    const Open open = open_in(*before);
    say.message = is_late ? late(open) : at_once(open);
    say.fields = {
        {"in_flight", fmt::to_string(open.in_flight)},
        {"stores_in_flight", fmt::to_string(open.stores)},
        {"unfinished_records", fmt::to_string(open.unsettled)}};
    return say;
}

}  // namespace app
