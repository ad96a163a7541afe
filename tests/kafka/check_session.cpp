#include <fmt/format.h>

#include <optional>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/private_broker.hpp"
#include "tests/kafka/require.hpp"
#include "tests/kafka/tenure.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr int kafka_fatal = 4;  // as documented (worker/app/exit_code.hpp)

}  // namespace

// Once a static member ended here with words about a second process, of which there was none: librdkafka
// 2.0.2 had sent a commit from before the end of the session without a member id. That depends on
// milliseconds, so both ends are right: it joins again, or it ends and says why, and is started again.
std::string check_session(const Stage& stage) {
    PrivateBroker broker{stage, {.name = "session"}};
    Cluster cluster{broker.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    Scene scene{mine, {.name = "session"}};
    const History history =
        draw_history({.name = "session", .seed = 21, .events = 2000, .people = 400, .skew = 1.5});
    scene.stock(history);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 30ms}});
    scene.cluster().produce(scene.source_topic(), history.events);

    WorkerOptions options{
        .instance = "one",
        .in_flight_max = 40,
        .properties = {{"reconnect.backoff.max.ms", "500"}, {"message.timeout.ms", "3000"}},
        .more = "limits: {records_buffered_max: 300}\n"};
    std::optional<WorkerProcess> worker{std::in_place, scene.start(options)};
    worker->await([&] { return worker->ready(); }, 20s, "the worker did not become ready");
    worker->await(
        [&] { return scene.requests() > history.demands() / 4; }, 30s, "the worker did not get going");

    std::vector<Tenure> tenures{{.key_id = options.key_id}};
    tenures.back().pauses.push_back({steady_now()});
    broker.kill();
    worker->await(
        [&] { return worker->metric("autosignin_partitions_assigned") == 0; }, 30s,
        "the session did not end with the broker away");
    broker.start();
    static_cast<void>(until([&] { return worker->ended() || worker->ready(); }, 30s));
    const bool ended = worker->ended();
    if (ended) {
        const int code = worker->await_end(1s);
        require(
            code == kafka_fatal && worker->log().find("The session had run out") != std::string::npos,
            fmt::format("it ended with {} and does not say that its session had run out", code));
        tenures.back().killed = tenures.back().gone = tenures.back().pauses.back().until = steady_now();
        options.key_id = "LANEKEY002";
        worker.emplace(scene.start(options));
        tenures.push_back({.key_id = options.key_id});
    }
    worker->await([&] { return worker->ready(); }, 30s, "not ready again");
    tenures.front().pauses.back().until = steady_now();

    scene.await_settled(*worker);
    const TenureVerdict verdict = judge_tenures(
        history, scene.ledger(), tenures, {.session = 0s, .learns_within = 5s, .commits_within = 5s});
    require(verdict.problem.empty(), verdict.problem);
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history, Repeats::some));
    require_receipts(scene, history, Repeats::some);
    const Outages outages = judge_outages(verdict, tenures.front().pauses, scene.ledger());
    std::string measured = fmt::format(
        "{} with the broker back; {} commands, {} executed meanwhile, {} repeated, {} allowed",
        ended ? "ended by its late commit, started again" : "joined again", history.demands(),
        outages.executed, outages.repeated, outages.allowed);
    require(outages.repeated <= outages.allowed, measured);
    require(worker->stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
    return measured;
}

}  // namespace lane
