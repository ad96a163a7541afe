#include "worker/app/summary.hpp"

#include <fmt/format.h>

#include <numeric>

namespace app {

namespace {

constexpr common::Duration interval = std::chrono::minutes{1};

std::uint64_t ended(const core::Counters& counters, std::initializer_list<core::Outcome> outcomes) {
    std::uint64_t sum = 0;
    for (const auto& by_outcome : counters.commands) {
        for (const core::Outcome outcome : outcomes) {
            sum += by_outcome.at(static_cast<std::size_t>(outcome));
        }
    }
    return sum;
}

std::uint64_t letters(const core::Counters& counters) {
    return std::accumulate(counters.dead_letters.begin(), counters.dead_letters.end(), std::uint64_t{0});
}

std::size_t closed_gates(const core::Status& status) {
    std::size_t closed = 0;
    for (const core::GateStatus& gate : status.gates) {
        closed += gate.state == core::GateState::open ? 0 : 1;
    }
    return closed;
}

}  // namespace

bool Summary::due(common::Instant now) {
    if (!next_) {
        next_ = now + interval;
    }
    if (now < *next_) {
        return false;
    }
    next_ = now + interval;
    return true;
}

core::Say Summary::line(const core::Stats& stats, const core::Status& status) {
    using enum core::Outcome;
    const core::Counters& now = stats.counters;
    const auto since = [&](auto count) { return count(now) - count(last_); };
    const auto done = since([](const core::Counters& c) {
        return ended(c, {executed, probably_executed, already_so});
    });
    const auto missing = since([](const core::Counters& c) { return ended(c, {not_found}); });
    const auto dead = since(letters);
    const double oldest = common::seconds(status.oldest_unexecuted.value_or(common::Duration{}));
    core::Say say{
        core::Severity::info, "summary",
        fmt::format(
            "last minute: {} records, {} commands done, {} found nothing, {} retries, {} dead letters; now "
            "{} in "
            "flight, {} records held in memory, {} lanes behind a closed gate, oldest unexecuted {:.1f} s",
            now.records - last_.records, done, missing, now.retries - last_.retries, dead, status.in_flight,
            status.records_buffered, status.lanes_held, oldest)};
    const auto field = [&](std::string_view name, auto value) {
        say.fields.emplace_back(name, fmt::to_string(value));
    };
    field("records", now.records - last_.records);
    field("commands_done", done);
    field("dead_letters", dead);
    field("in_flight", status.in_flight);
    field("partitions", status.partitions.size());
    field("gates_closed", closed_gates(status));
    field("oldest_unexecuted_seconds", oldest);
    last_ = now;
    return say;
}

}  // namespace app
