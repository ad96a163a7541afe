#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <optional>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr int kafka_fatal = 4;  // as documented (worker/app/exit_code.hpp)

bool owns_half(const WorkerProcess& worker) {
    return worker.metric("autosignin_partitions_assigned") == 3;
}

double rebalances(const WorkerProcess& worker) {
    return worker.metric("autosignin_rebalances_total");
}

}  // namespace

std::string check_static_members(const Stage& stage) {
    Scene scene{stage, {.name = "static"}};
    const History history =
        draw_history({.name = "static", .seed = 13, .events = 600, .people = 200, .skew = 1});
    scene.stock(history);
    std::optional<WorkerProcess> one{scene.start({.instance = "one"})};
    WorkerProcess two = scene.start({.instance = "two"});
    two.await([&] { return owns_half(*one) && owns_half(two); }, 30s, "the partitions were not shared");
    const double before = rebalances(two);

    // What a session timeout has to be longer than, beside what a node needs to start a pod.
    const auto begin = std::chrono::steady_clock::now();
    require(one->stop() == 0, "a worker did not end with 0");
    one.emplace(scene.start({.instance = "one"}));
    one->await([&] { return owns_half(*one); }, 20s, "the restarted member did not get its partitions back");
    const std::chrono::duration<double> restart = std::chrono::steady_clock::now() - begin;

    one->kill();
    one.emplace(scene.start({.instance = "one"}));
    one->await([&] { return owns_half(*one); }, 20s, "the restarted member did not get its partitions back");

    // As when a node is cut off and its pod is started elsewhere: the old process knows nothing of it.
    one->child().signal(SIGSTOP);
    WorkerProcess replacement = scene.start({.instance = "one"});
    replacement.await(
        [&] { return owns_half(replacement); }, 20s, "the replacement did not get the partitions");
    one->child().signal(SIGCONT);
    const int code = one->await_end(30s);
    require(code == kafka_fatal, fmt::format("the replaced worker ended with {}, not {}", code, kafka_fatal));
    require(one->says("kafka_fatal"), "the replaced worker does not say why it ended");

    require(
        rebalances(two) == before,
        fmt::format("the other member had {} rebalances", rebalances(two) - before));
    scene.cluster().produce(scene.source_topic(), history.events);
    scene.await_settled(two);
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    require(two.stop() == 0 && replacement.stop() == 0, "a worker did not end with 0");
    scene.require_no_traces();
    return fmt::format(
        "stopped and back in {:.1f} s, killed and back, paused and replaced: the old one ended with {}, no "
        "rebalance for the other",
        restart.count(), code);
}

}  // namespace lane
