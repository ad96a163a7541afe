#include <fmt/format.h>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/private_broker.hpp"
#include "tests/kafka/require.hpp"
#include "tests/kafka/tenure.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

// Held in memory while receipts cannot be stored, so that an outage does not execute everything there is.
constexpr std::size_t buffered_max = 600;
// A broker that takes six seconds to start once met sessions of six: what happens then is check_session's.
constexpr std::chrono::seconds outage_max{60};

// Not ready, and the page and the metrics say that it is the brokers' fault; the process is well.
void require_told(WorkerProcess& worker, const std::string& when) {
    worker.await(
        [&] {
            const WorkerProcess::Page page = worker.get("/readyz");
            return page.status == 503 && page.body.find("broker") != std::string::npos;
        },
        20s, "/readyz does not say that no broker answers, " + when);
    require(worker.get("/livez").status == 200, "/livez blames the worker, " + when);
    require(worker.metric("autosignin_kafka_brokers_up") == 0, "a broker counts as up, " + when);
    require(
        worker.metric("autosignin_kafka_errors_total{kind=\"unreachable\"}") > 0,
        "unreachable brokers are not counted, " + when);
    require(worker.says("kafka_all_brokers_down"), "nobody is told that all brokers are down, " + when);
}

}  // namespace

std::string check_broker(const Stage& stage) {
    // Less metadata than the worker's offset maps want: the first one is refused, and commits go on without.
    PrivateBroker broker{stage, {.name = "broker", .settings = "offset.metadata.max.bytes=16\n"}};
    Cluster cluster{broker.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    Scene scene{mine, {.name = "broker"}};
    const History history =
        draw_history({.name = "broker", .seed = 8, .events = 4000, .people = 800, .skew = 1.5});
    scene.stock(history);
    scene.script(
        {{.kind = sim::FaultKind::delay_answer, .probability = 0.05, .delay = 400ms},
         {.kind = sim::FaultKind::delay_answer, .delay = 30ms}});
    scene.cluster().produce(scene.source_topic(), history.events);

    const WorkerOptions options{
        .instance = "one",
        .in_flight_max = 40,
        .session = outage_max,
        .properties = {{"reconnect.backoff.max.ms", "1000"}, {"message.timeout.ms", "3000"}},
        .more = fmt::format("limits: {{records_buffered_max: {}}}\n", buffered_max)};
    WorkerProcess worker = scene.start(options);
    const auto half_way = [&](std::size_t share) { return scene.requests() > history.demands() * share / 4; };
    worker.await([&] { return worker.ready(); }, 20s, "the worker did not become ready");
    worker.await([&] { return half_way(1); }, 30s, "the worker did not get going");
    const auto await_back = [&](const std::string& when) {
        const double commits = worker.metric("autosignin_commits_total");
        broker.start();
        worker.await([&] { return worker.ready(); }, 30s, "not ready again after the broker was " + when);
        worker.await(
            [&] { return worker.metric("autosignin_commits_total") > commits; }, 20s,
            "nothing is committed after the broker was " + when);
    };
    Tenure tenure{.key_id = options.key_id};
    tenure.pauses.push_back({steady_now()});
    broker.kill();
    require_told(worker, "after SIGKILL");
    await_back("killed");
    tenure.pauses.back().until = steady_now();
    worker.await([&] { return half_way(2); }, 60s, "no progress after the broker was killed");
    tenure.pauses.push_back({steady_now()});
    broker.stop();
    require_told(worker, "after a stop");
    await_back("stopped");
    tenure.pauses.back().until = steady_now();

    scene.await_settled(worker);
    // Nothing is committed while the broker is away, and the partitions stay: nothing is excused.
    const TenureVerdict verdict = judge_tenures(
        history, scene.ledger(), {tenure},
        {.session = outage_max - 1s, .learns_within = 5s, .commits_within = 5s});
    require(verdict.problem.empty(), verdict.problem);
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history, Repeats::some));
    require_receipts(scene, history, Repeats::some);
    const Outages outages = judge_outages(verdict, tenure.pauses, scene.ledger());
    std::string measured = fmt::format(
        "killed and stopped, told and ready again; {} commands, {} executed without the broker, {} repeated, "
        "{} allowed, {} commits refused",
        history.demands(), outages.executed, outages.repeated, outages.allowed,
        worker.metric("autosignin_commit_failures_total"));
    require(outages.repeated <= outages.allowed, measured);
    require(
        worker.metric("autosignin_offset_maps_cut_total") > 0,
        "a broker that takes 16 bytes of metadata took every offset map");
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return measured;
}

}  // namespace lane
