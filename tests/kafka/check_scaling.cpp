#include <fmt/format.h>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

std::string check_scaling(const Stage& stage) {
    Scene scene{stage, {.name = "scaling"}};
    const History history =
        draw_history({.name = "scaling", .seed = 2, .events = 4000, .people = 800, .skew = 1.5});
    scene.stock(history);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 20ms}});
    const auto half = history.events.begin() + 2500;
    scene.cluster().produce(scene.source_topic(), {history.events.begin(), half});

    const auto owns = [](const WorkerProcess& worker, double partitions) {
        return worker.metric("autosignin_partitions_assigned") == partitions;
    };
    WorkerProcess one = scene.start({.instance = "one", .in_flight_max = 40});
    one.await([&] { return scene.requests() > 300; }, 20s, "one worker did not get going");
    WorkerProcess two = scene.start({.instance = "two", .in_flight_max = 40});
    two.await([&] { return owns(one, 3) && owns(two, 3); }, 30s, "the partitions were not shared");
    const std::size_t shared_at = scene.requests();
    two.await(
        [&] {
            return two.metric("autosignin_records_total") > 100 && two.metric("autosignin_in_flight") > 0;
        },
        30s, "the second worker did not get going");

    scene.cluster().produce(scene.source_topic(), {half, history.events.end()});
    const int code = two.stop();
    require(code == 0, fmt::format("exit code {} after SIGTERM in a backlog", code));
    const std::size_t left_at = scene.requests();
    require(left_at < history.demands(), "there was no backlog left to hand over");
    scene.await_settled(one);
    require(owns(one, 6), "the first worker did not get all partitions back");

    const Verdict verdict = require_all_once(history, scene.ledger(), HandOver::drained);
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history));
    require_receipts(scene, history, Repeats::some);
    require(one.stop() == 0, "the last worker did not end with 0");
    scene.require_no_traces();
    return fmt::format(
        "{} commands, shared after {}, one member fewer after {}; {} repeated, none of a finished event",
        history.demands(), shared_at, left_at, verdict.repeats);
}

}  // namespace lane
