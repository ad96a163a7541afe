// Work that rests, with the real program: the log says so, the metric and /livez follow, and all of it
// passes.
#include <doctest/doctest.h>

#include "tests/integration/cli_scene.hpp"

namespace {

using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;

const cli::Edits impatient{
    {"standstill.warn_after", "1s"},
    {"standstill.fail_after", "3s"},
    {"apple.request_timeout", "1m"},
    {"drain_timeout", "1s"}};

void expect_a_standstill(WorkerProcess& worker, const std::string& what) {
    worker.await([&] { return worker.says("standstill"); }, 20s, "no line about the standstill");
    CHECK(worker.metric("autosignin_standstills_total") == 1);
    worker.await([&] { return worker.get("/livez").status == 503; }, 20s, "it still says that it is alive");
    CHECK(worker.get("/livez").body.find(what) != std::string::npos);
    CHECK(worker.metric("autosignin_standstill_seconds") >= 3);
}

void expect_work_again(WorkerProcess& worker) {
    worker.await([&] { return worker.get("/livez").status == 200; }, 20s, "it does not come back to life");
    worker.await(
        [&] { return worker.metric("autosignin_records_buffered") == 0; }, 20s, "the work is not done");
    CHECK(worker.metric("autosignin_standstill_seconds") == 0);
    CHECK(worker.metric("autosignin_receipts_total") == 1);
}

}  // namespace

TEST_CASE("cli: an Apple that takes a request and never answers is a standstill, until it does") {
    Scene scene;
    scene.script({{.kind = sim::FaultKind::stall}});
    scene.produce({Scene::deletion("alice", "tkn~1")});
    WorkerProcess worker = scene.start(impatient);
    expect_a_standstill(worker, "nothing has moved for");
    CHECK(worker.log().find("\"in_flight\":\"1\"") != std::string::npos);
    scene.script({});
    scene.apple().close_connections();
    expect_work_again(worker);
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: a broker that takes everything and acknowledges nothing is a standstill, until it does") {
    Scene scene;
    WorkerProcess worker = scene.start(impatient);
    worker.await([&] { return worker.ready(); }, 30s, "nothing was assigned");
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 1s}});
    scene.produce({Scene::deletion("alice", "tkn~1")});
    worker.await([&] { return !scene.ledger().empty(); }, 20s, "nothing reached Apple");
    // Not so long that the client would give the connection up.
    scene.broker().set_latency(20s);
    expect_a_standstill(worker, "what Kafka owes events[");
    CHECK(worker.log().find("\"stores_in_flight\":\"1\"") != std::string::npos);
    scene.broker().set_latency(0ms);
    expect_work_again(worker);
    CHECK(worker.stop() == 0);
}
