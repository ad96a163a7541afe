#include <fmt/format.h>

#include <algorithm>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/load.hpp"
#include "tests/kafka/require.hpp"
#include "tests/kafka/tenure.hpp"
#include "tests/kafka/three_brokers.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t backlog = 600;         // commands, at least
constexpr std::chrono::seconds session{60};  // longer than any outage here; the others are check_session's
constexpr const char* group_topic = "__consumer_offsets";

bool all_in_sync(Cluster& cluster, const std::string& topic) {
    const auto replicas = cluster.replicas(topic);
    return std::all_of(replicas.begin(), replicas.end(), [](const auto& each) {
        return each.second.leader > 0 && each.second.in_sync == 3;
    });
}

// The group has one coordinator, the leader of its topic's only partition.
std::int32_t coordinator_of(Cluster& cluster) {
    return cluster.replicas(group_topic).at(0).leader;
}

// Of a source partition, but not the group's coordinator.
std::int32_t leader_of(Cluster& cluster, const std::string& topic) {
    for (const auto& [partition, replicas] : cluster.replicas(topic)) {
        if (replicas.leader > 0 && replicas.leader != coordinator_of(cluster)) {
            return replicas.leader;
        }
    }
    throw Failed{"the coordinator leads every source partition"};
}

void await_brokers_up(WorkerProcess& worker, int count) {
    worker.await(
        [&] { return worker.metric("autosignin_kafka_brokers_up") == count; }, 20s,
        fmt::format("the metric does not say that {} brokers are up", count));
}

}  // namespace

std::string check_leader(const Stage& stage) {
    ThreeBrokers brokers{stage, "leader"};
    Cluster cluster{brokers.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    Scene scene{mine, {.name = "leader"}};
    History history =
        draw_history({.name = "leader", .seed = 14, .events = 20'000, .people = 2000, .skew = 1.5});
    scene.stock(history);
    scene.script(
        {{.kind = sim::FaultKind::delay_answer, .probability = 0.05, .delay = 300ms},
         {.kind = sim::FaultKind::delay_answer, .delay = 40ms}});
    const WorkerOptions options{
        .instance = "one",
        .in_flight_max = 40,
        .session = session,
        .properties = {{"reconnect.backoff.max.ms", "1000"}}};
    WorkerProcess worker = scene.start(options);
    worker.await([&] { return worker.ready(); }, 20s, "the worker did not become ready");
    Load load{scene, history};
    const auto await_replicas = [&] {
        worker.await(
            [&] { return all_in_sync(cluster, scene.source_topic()) && all_in_sync(cluster, group_topic); },
            30s, "the brokers do not have three replicas in sync");
    };
    // More than was fetched before, and ready all the time.
    const auto await_progress = [&](const std::string& when) {
        const std::size_t aim = scene.requests() + backlog + backlog / 2;
        worker.await(
            [&] {
                load.feed(backlog);
                const WorkerProcess::Page page = worker.get("/readyz");
                require(page.status == 200, fmt::format("not ready {}: {}", when, page.body));
                return scene.requests() >= aim;
            },
            60s, "no progress " + when);
    };
    await_progress("at the start");
    await_replicas();

    const std::int32_t leader = leader_of(cluster, scene.source_topic());
    brokers.node(leader).kill();
    await_progress("without a leader");
    await_brokers_up(worker, 2);
    require(
        worker.metric("autosignin_kafka_errors_total{kind=\"unreachable\"}") > 0,
        "the broker that is away is not counted");
    brokers.start({leader});
    await_replicas();

    // Once the worker ended with an assertion of librdkafka here: the watch had asked the coordinator for
    // another group's offsets by an admin request. Within the session nothing is excused.
    Tenure tenure{.key_id = options.key_id};
    const std::int32_t coordinator = coordinator_of(cluster);
    tenure.pauses.push_back({steady_now()});
    brokers.node(coordinator).kill();
    await_progress("without a coordinator");
    std::int32_t another = -1;
    worker.await(
        [&] { return (another = coordinator_of(cluster)) > 0 && another != coordinator; }, 20s,
        "the group got no other coordinator");
    const auto await_commit = [&](const std::string& otherwise) {
        const double commits = worker.metric("autosignin_commits_total");
        worker.await(
            [&] {
                load.feed(backlog);
                return worker.metric("autosignin_commits_total") > commits;
            },
            20s, otherwise);
    };
    await_commit("the other coordinator gets no commits");
    tenure.pauses.back().until = steady_now();

    // That one as well. Too few are left: no quorum of controllers, and one replica where two have to
    // acknowledge.
    load.feed(3 * backlog);
    tenure.pauses.push_back({steady_now()});
    brokers.node(another).kill();
    await_brokers_up(worker, 1);
    require(worker.get("/livez").status == 200, "/livez blames the worker for the brokers");
    require(
        worker.metric("autosignin_records_buffered") > 0,
        "what two of three brokers would have to take was settled without them");
    brokers.start({coordinator, another});
    await_replicas();
    await_commit("nothing is committed with all brokers again");
    tenure.pauses.back().until = steady_now();
    await_progress("with all brokers again");
    await_brokers_up(worker, 3);
    load.end();
    scene.await_settled(worker);

    const TenureVerdict verdict = judge_tenures(
        history, scene.ledger(), {tenure},
        {.session = session - 1s, .learns_within = 2s, .commits_within = 2s});
    require(verdict.problem.empty(), verdict.problem);
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history, Repeats::some));
    require_receipts(scene, history, Repeats::some);
    const Outages outages = judge_outages(verdict, tenure.pauses, scene.ledger());
    std::string measured = fmt::format(
        "killed a leader, the coordinator and the next one: {} commands, {} executed without a coordinator, "
        "{} repeated, {} allowed, {} commits refused",
        history.demands(), outages.executed, outages.repeated, outages.allowed,
        worker.metric("autosignin_commit_failures_total"));
    require(outages.repeated <= outages.allowed, measured);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return measured;
}

}  // namespace lane
