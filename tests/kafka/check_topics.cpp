#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

History history_of(const std::string& name, std::uint64_t seed, std::size_t events) {
    return draw_history(
        {.name = name, .seed = seed, .events = events, .people = 60, .invalid_share = 0, .skew = 1});
}

void require_done(Scene& scene, const History& history) {
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
}

}  // namespace

std::string check_topic_grows(const Stage& stage) {
    Scene scene{stage, {.name = "grows", .partitions = 2}};
    const History history = history_of("grows", 9, 400);
    scene.stock(history);
    const auto half = history.events.begin() + 200;
    WorkerProcess worker = scene.start({.instance = "one"});
    scene.cluster().produce(scene.source_topic(), {history.events.begin(), half});
    // Keys move to other partitions, so order across the growth is the operators' to keep: nothing is under
    // way.
    scene.await_settled(worker);
    grow_topic(scene.cluster().bootstrap(), scene.source_topic(), 5);
    // A cluster that knows the new partitions already, as a producer may before the worker does.
    Cluster grown{scene.cluster().bootstrap()};
    grown.produce(scene.source_topic(), {half, history.events.end()});
    std::size_t in_new_ones = 0;
    for (const auto& [partition, end] : grown.ends(scene.source_topic())) {
        in_new_ones += partition >= 2 ? static_cast<std::size_t>(end.value) : 0;
    }
    require(in_new_ones > 0, "no record went to a new partition");
    worker.await(
        [&] { return grown.lag_is_zero(scene.group(), scene.source_topic()); }, 30s,
        "the new partitions were not read to their end");
    require_done(scene, history);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return fmt::format("2 partitions, then 5: {} records in the new ones, none skipped", in_new_ones);
}

std::string check_retention(const Stage& stage) {
    Scene scene{stage, {.name = "retention", .partitions = 1}};
    const History history = history_of("retention", 11, 300);
    scene.stock(history);
    const auto at = [&](std::ptrdiff_t i) { return history.events.begin() + i; };
    scene.cluster().produce(scene.source_topic(), {at(0), at(100)});
    {
        WorkerProcess worker = scene.start({.instance = "one"});
        scene.await_settled(worker);
        require(worker.stop() == 0, "the worker did not end with 0");
    }
    // While nobody reads, retention takes 50 records above the committed offset away.
    scene.cluster().produce(scene.source_topic(), {at(100), at(300)});
    delete_records(scene.cluster().bootstrap(), scene.source_topic(), {{0, 150}});

    {  // told to hold: not ready, counted, nothing read
        WorkerProcess worker = scene.start({.instance = "one", .offset_reset = "error"});
        worker.await(
            [&] { return worker.says("kafka_offset_out_of_range"); }, 20s,
            "nobody is told that records are gone");
        const WorkerProcess::Page page = worker.get("/readyz");
        require(
            page.status == 503 && page.body.find("held") != std::string::npos,
            fmt::format("/readyz of a held partition: {} {}", page.status, page.body));
        require(worker.metric("autosignin_partitions_held") == 1, "the held partition is not counted");
        require(worker.stop() == 0, "the worker did not end with 0");
    }
    WorkerProcess worker = scene.start({.instance = "one"});
    worker.await(
        [&] { return worker.says("kafka_offset_reset"); }, 20s, "the jump over lost records is silent");
    require(worker.metric("autosignin_offset_resets_total") > 0, "the jump over lost records is not counted");
    require(
        worker.metric("autosignin_kafka_errors_total{kind=\"offset_out_of_range\"}") > 0,
        "the jump over lost records is not counted");
    scene.await_settled(worker);
    History left = history;
    left.events.erase(left.events.begin() + 100, left.events.begin() + 150);
    static_cast<void>(require_all_once(left, scene.ledger()));

    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return "50 records gone under the committed offset: held when told so, else told, counted, and read on";
}

}  // namespace lane
