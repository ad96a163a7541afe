#include <fmt/format.h>

#include <csignal>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/load.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t backlog = 1000;  // commands

bool owns(const WorkerProcess& worker, double partitions) {
    return worker.metric("autosignin_partitions_assigned") == partitions;
}

bool works(const WorkerProcess& worker) {
    return worker.metric("autosignin_records_total") > 100 && worker.metric("autosignin_in_flight") > 0;
}

}  // namespace

std::string check_scaling(const Stage& stage) {
    Scene scene{stage, {.name = "scaling"}};
    History history =
        draw_history({.name = "scaling", .seed = 2, .events = 40'000, .people = 2000, .skew = 1.5});
    scene.stock(history);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 40ms}});
    Load load{scene, history};
    const auto under_load = [&](WorkerProcess& worker, const std::string& otherwise, const auto& condition) {
        worker.await(
            [&] {
                load.feed(backlog);
                return condition();
            },
            30s, otherwise);
    };

    WorkerProcess one = scene.start({.instance = "one", .in_flight_max = 30});
    under_load(one, "one worker did not get going", [&] { return scene.requests() > 300; });
    WorkerProcess two = scene.start({.instance = "two", .in_flight_max = 30});
    WorkerProcess three = scene.start({.instance = "three", .in_flight_max = 30});
    const auto each = [&](const auto& condition) {
        return condition(one) && condition(two) && condition(three);
    };
    under_load(one, "the partitions were not shared by three", [&] {
        return each([](const WorkerProcess& worker) { return owns(worker, 2); });
    });
    const std::size_t shared_at = scene.requests();
    under_load(one, "not all of three workers work", [&] {
        return each(works) && scene.requests() > shared_at + backlog;
    });

    load.feed(3 * backlog);
    two.child().signal(SIGTERM);
    three.child().signal(SIGTERM);
    for (WorkerProcess* leaving : {&two, &three}) {
        const int code = leaving->await_end(30s);
        require(code == 0, fmt::format("exit code {} after SIGTERM under load", code));
    }
    const std::size_t left_at = scene.requests();
    under_load(one, "one worker did not get all partitions back", [&] { return owns(one, 6); });
    const std::size_t alone_at = scene.requests();
    under_load(one, "one worker stands still", [&] { return scene.requests() > alone_at + 2 * backlog; });
    load.end();
    scene.await_settled(one);

    const Verdict verdict = require_all_once(history, scene.ledger(), HandOver::drained);
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history));
    require_receipts(scene, history, Repeats::some);
    require(one.stop() == 0, "the last worker did not end with 0");
    scene.require_no_traces();
    return fmt::format(
        "{} commands, shared by 3 after {}, left to 1 after {}; {} repeated, none of a finished event",
        history.demands(), shared_at, left_at, verdict.repeats);
}

}  // namespace lane
