#include <fmt/format.h>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

std::string check_unknown_topic(const Stage& stage) {
    Scene scene{stage, {.name = "unknowntopic", .create_source_topic = false}};
    const History history = draw_history({.name = "unknowntopic", .seed = 6, .events = 200, .people = 40});
    scene.stock(history);
    WorkerProcess worker =
        scene.start({.instance = "one", .topics = {scene.source_topic(), scene.name() + "-never-created"}});
    worker.await(
        [&] { return worker.log().find("consumer, " + scene.source_topic()) != std::string::npos; }, 20s,
        "nobody is told that the topic is unknown");
    require(worker.says("kafka_unknown_topic"), "the unknown topic has no log line of its own");
    const WorkerProcess::Page unready = worker.get("/readyz");
    require(
        unready.status == 503 && unready.body.find("yet") != std::string::npos,
        fmt::format("/readyz before the first assignment: {} {}", unready.status, unready.body));
    require(worker.get("/livez").status == 200, "/livez is not 200 while a topic is missing");
    require(
        worker.metric("autosignin_kafka_errors_total{kind=\"unknown_topic\"}") > 0,
        "the error is not counted");

    // One of them appears, the other one is still missing.
    scene.cluster().create_topic(scene.source_topic(), 6);
    scene.cluster().produce(scene.source_topic(), history.events);
    worker.await([&] { return worker.ready(); }, 20s, "the new topic was not picked up");
    scene.await_settled(worker);
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return fmt::format("told, not ready, picked up when created: {} commands", history.demands());
}

}  // namespace lane
