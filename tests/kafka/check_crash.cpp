#include <fmt/format.h>

#include <algorithm>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr double commits_per_second_min = 2;  // under load; the worker aims at ten

// Repeats that a crash may cost: what was in flight, and what was finished since the last commit, of which
// there is one in 100 ms. A machine that has other things to do takes longer, and a fixed time failed on one
// with a load of 13: so it is a few of the intervals that the worker had by then, but never more than a
// second's worth. That the worker commits often enough is required apart from it.
common::Duration work_lost_max(double commits_per_second) {
    const std::chrono::duration<double> three_intervals{3 / commits_per_second};
    return std::clamp<common::Duration>(
        std::chrono::duration_cast<common::Duration>(three_intervals), 200ms, 1s);
}

std::size_t answered_after(const sim::Ledger& ledger, common::Instant time) {
    return static_cast<std::size_t>(std::count_if(
        ledger.begin(), ledger.end(), [&](const sim::LedgerEntry& entry) { return entry.answered > time; }));
}

}  // namespace

std::string check_crash(const Stage& stage) {
    Scene scene{stage, {.name = "crash"}};
    const History history =
        draw_history({.name = "crash", .seed = 3, .events = 12000, .people = 5000, .skew = 1.5});
    scene.stock(history);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 40ms}});
    scene.cluster().produce(scene.source_topic(), history.events);
    const WorkerOptions options{.instance = "one", .in_flight_max = 500};

    sim::Ledger at_the_crash;
    common::Instant died;
    double commits_per_second = 0;
    {
        WorkerProcess worker = scene.start(options);
        worker.await(
            [&] { return scene.requests() > 8000 && scene.in_flight() >= 300; }, 30s,
            "there were never 300 commands in flight");
        const double commits = worker.metric("autosignin_commits_total");
        died = steady_now();
        worker.kill();
        at_the_crash = scene.ledger();
        commits_per_second = commits / common::seconds(died - at_the_crash.front().received);
    }
    require(at_the_crash.size() < history.demands(), "there was no backlog left to crash in");
    require(
        commits_per_second >= commits_per_second_min,
        fmt::format("{:.1f} commits a second under load", commits_per_second));
    const std::size_t in_flight = answered_after(at_the_crash, died);
    const std::size_t repeats_max = answered_after(at_the_crash, died - work_lost_max(commits_per_second));

    const common::Instant crash = steady_now();
    WorkerProcess worker = scene.start(options);
    scene.await_settled(worker);
    const Verdict verdict = judge(history, scene.ledger(), HandOver::never, {crash});
    require(verdict.problem.empty(), verdict.problem);
    scene.require_store(history);
    std::string measured = fmt::format(
        "{} commands, killed after {} with {} in flight, {:.1f} commits a second: {} repeated, {} allowed",
        history.demands(), at_the_crash.size(), in_flight, commits_per_second, verdict.repeats, repeats_max);
    require(verdict.repeats <= repeats_max, measured);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return measured;
}

std::string check_offset_map(const Stage& stage) {
    Scene scene{stage, {.name = "offsetmap", .partitions = 1}};
    const History history = draw_history(
        {.name = "offsetmap", .seed = 4, .events = 500, .people = 400, .invalid_share = 0, .skew = 1});
    scene.stock(history);
    // The first command of the log is executed and never answered. Its account has more events, so this is
    // about some other accounts' records: those that a worker can finish meanwhile.
    const SentEvent& first = *std::find_if(
        history.events.begin(), history.events.end(),
        [](const SentEvent& event) { return !event.demands.empty(); });
    const auto first_offset = static_cast<std::int64_t>(&first - history.events.data());
    const auto held_up = static_cast<std::size_t>(std::count_if(
        history.events.begin() + first_offset, history.events.end(),
        [&](const SentEvent& event) { return event.account == first.account && !event.demands.empty(); }));
    const std::size_t finishable = history.events.size() - static_cast<std::size_t>(first_offset) - held_up;
    scene.script({{.kind = sim::FaultKind::stall, .values = {first.demands.front().value}}});
    scene.cluster().produce(scene.source_topic(), history.events);

    const auto finished_in_the_map = [&] {
        const Committed committed = scene.cluster().committed(scene.group(), scene.source_topic())[0];
        std::size_t finished = 0;
        for (const core::OffsetRange& range :
             core::decode_offset_map(committed.offset, committed.metadata).ranges) {
            finished += static_cast<std::size_t>(range.last - range.first) + 1;
        }
        return committed.offset.value == first_offset ? finished : 0;
    };
    {
        WorkerProcess worker = scene.start({.instance = "one"});
        worker.await(
            [&] { return finished_in_the_map() >= finishable; }, 30s,
            fmt::format(
                "{} of {} records did not get into the offset map", finishable, history.events.size()));
        worker.kill();
    }
    const std::size_t before = scene.requests();
    scene.script({});
    const common::Instant crash = steady_now();
    WorkerProcess worker = scene.start({.instance = "one"});
    scene.await_settled(worker);
    const Verdict verdict = judge(history, scene.ledger(), HandOver::never, {crash});
    require(verdict.problem.empty(), verdict.problem);
    scene.require_store(history);
    const auto skipped = static_cast<std::size_t>(worker.metric("autosignin_records_already_finished_total"));
    std::string measured = fmt::format(
        "{} records above the open one known as finished, {} skipped; {} repeated of {} commands", finishable,
        skipped, verdict.repeats, before);
    require(skipped == finishable && verdict.repeats <= 1, measured);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return measured;
}

}  // namespace lane
