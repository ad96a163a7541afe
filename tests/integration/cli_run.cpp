// The running program: what it says, shows and ends with when the world around it is wrong.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include "tests/integration/cli_scene.hpp"

namespace {

using cli::contains;
using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;

// The log line of this event; the rest of the log when there is none.
std::string line_of(const WorkerProcess& worker, const std::string& event) {
    const std::string log = worker.log();
    const std::size_t at = log.find(fmt::format("\"event\":\"{}\"", event));
    if (at == std::string::npos) {
        return "no such line: " + event;
    }
    const std::size_t begin = log.rfind('\n', at) + 1;
    return log.substr(begin, log.find('\n', at) - begin);
}

std::uint64_t letters(const WorkerProcess& worker) {
    double sum = 0;
    for (const char* reason : {"invalid", "rejected", "exhausted"}) {
        sum += worker.metric(fmt::format("autosignin_dead_letters_total{{reason=\"{}\"}}", reason));
    }
    return static_cast<std::uint64_t>(sum);
}

}  // namespace

TEST_CASE("cli: brokers that cannot be reached leave the worker up, not ready, and saying why") {
    Scene scene;
    WorkerProcess worker = scene.start({{"kafka.bootstrap_servers", "127.0.0.1:1"}});
    worker.await([&] { return worker.says("kafka_all_brokers_down"); }, 20s, "no line about the brokers");
    CHECK(contains(line_of(worker, "kafka_all_brokers_down"), "kafka.bootstrap_servers"));
    const WorkerProcess::Page ready = worker.get("/readyz");
    CHECK(ready.status == 503);
    CHECK(contains(ready.body, "broker"));
    CHECK(worker.get("/livez").status == 200);
    const WorkerProcess::Page front = worker.get("/");
    CHECK(front.status == 200);
    CHECK(contains(front.body, "Not known"));
    CHECK(contains(front.body, "which events there are is not known here"));
    CHECK_FALSE(contains(front.body, "No, as far as this worker knows"));
    CHECK(worker.metric("autosignin_kafka_errors_total{kind=\"unreachable\"}") > 0);
    CHECK(worker.metric("autosignin_kafka_brokers_up") == 0);
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: a CA that did not sign Apple's certificate holds commands and names the problem") {
    Scene scene;
    scene.produce({Scene::deletion("alice", "tkn~1")});
    const auto foreign = dev::write_certificates(scene.path("elsewhere"));
    REQUIRE(foreign);
    std::string kind;
    SUBCASE("http2") {
        kind = "http2";
    }
    SUBCASE("http1") {
        kind = "http1";
    }
    WorkerProcess worker =
        scene.start({{"apple.ca_file", foreign->ca_file.string()}, {"apple.transport", kind}});
    worker.await(
        [&] { return worker.says(kind + "_certificate_refused"); }, 20s, "no line about the certificate");
    CHECK(contains(line_of(worker, kind + "_certificate_refused"), "apple.ca_file"));
    worker.await(
        [&] {
            return worker.metric("autosignin_retries_total") +
                       worker.metric("autosignin_free_retries_total") >=
                   3;
        },
        20s, "it does not try again");
    CHECK(letters(worker) == 0);
    CHECK(worker.metric("autosignin_lanes_open") == 1);  // still owed
    CHECK(scene.ledger().empty());
    CHECK(contains(worker.get("/metrics").body, "reason=\"tls_failed\""));
    worker.kill();
}

TEST_CASE("cli: a host without HTTP/2 is told with the setting that helps, and the setting helps") {
    Scene scene;
    scene.produce({Scene::deletion("alice", "tkn~1")});
    const auto certificates = dev::write_certificates(scene.path("old"));
    REQUIRE(certificates);
    dev::Es256Tokens tokens;
    REQUIRE(tokens.add_key(Scene::key_id, scene.key()));
    tokens.add_app(cli::shop.bundle_id);
    dev::AppleServerOptions options;
    options.certificates = *certificates;
    options.http2 = false;
    auto apple = dev::AppleServer::start(options, std::move(tokens));
    REQUIRE(apple);
    cli::Edits edits{
        {"apple.ca_file", certificates->ca_file.string()},
        {"apple.endpoints",
         fmt::format("{{production: \"{}\"}}", (*apple)->url(sim::Environment::production))}};
    {
        WorkerProcess worker = scene.start(edits);
        worker.await([&] { return worker.says("http2_not_offered"); }, 20s, "no line about HTTP/2");
        CHECK(contains(line_of(worker, "http2_not_offered"), "apple.transport: http1"));
        CHECK(letters(worker) == 0);
        worker.kill();
    }
    edits["apple.transport"] = "http1";
    edits["kafka.group_id"] = "cli-2";  // the killed one is still a member of the other
    WorkerProcess worker = scene.start(edits);
    worker.await(
        [&] { return worker.metric("autosignin_receipts_total") == 1; }, 30s, "nothing was executed");
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: an admin port that is taken ends with 7 and names the setting; a variable overrides it") {
    Scene scene;
    WorkerProcess first = scene.start();
    const std::string taken = std::to_string(first.port());
    const std::string file = scene.write_config({{"admin.port", taken}});
    const cli::Ended refused = cli::run({"run", "--config", file});
    CAPTURE(refused.output);
    CHECK(refused.code == 7);
    CHECK(contains(refused.output, taken));
    CHECK(contains(refused.output, "admin.port"));
    WorkerProcess second{AUTOSIGNIN_WORKER, file, scene.path("second.log"), {"AUTOSIGNIN_ADMIN__PORT=0"}};
    CHECK(second.port() != first.port());
    CHECK(second.stop() == 0);
    CHECK(first.stop() == 0);
}

TEST_CASE("cli: signals end it as documented") {
    Scene scene;
    scene.produce({Scene::deletion("alice", "tkn~1")});
    struct Row {
        const char* because;
        std::vector<sim::Fault> faults;
        const char* drain_timeout;
        int signals;
        int code;
        const char* event;  // of the line that explains it
    };
    const Row rows[] = {
        {"SIGTERM drains", {{.kind = sim::FaultKind::delay_answer, .delay = 300ms}}, "10s", 1, 0, "stopped"},
        {"Apple never answers: the drain is late",
         {{.kind = sim::FaultKind::stall}},
         "500ms",
         1,
         5,
         "drained_late"},
        {"a second signal stops at once", {{.kind = sim::FaultKind::stall}}, "1m", 2, 6, "stopped_at_once"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            scene.script(row.faults);
            WorkerProcess worker =
                scene.start({{"drain_timeout", row.drain_timeout}, {"apple.request_timeout", "1m"}});
            worker.await([&] { return scene.ledger().size() == 1; }, 30s, "nothing reached Apple");
            worker.child().signal(SIGTERM);
            if (row.signals == 2) {
                worker.await([&] { return worker.metric("autosignin_draining") == 1; }, 10s, "no drain");
                worker.child().signal(SIGTERM);
            }
            CHECK(worker.await_end(20s) == row.code);
            CHECK(worker.says("stopped"));
            const std::string explained = line_of(worker, row.event);
            CAPTURE(explained);
            CHECK(contains(explained, "\"in_flight\":\"1\"") == (row.code != 0));
            // It used to blame Kafka for a stop that nobody had told Kafka of.
            CHECK(worker.says("left_late") == false);
        }
    }
}

TEST_CASE("cli: a broker that dies does not keep the worker from ending") {
    Scene scene;
    WorkerProcess worker = scene.start();
    worker.await([&] { return worker.ready(); }, 30s, "nothing was assigned");
    scene.broker().set_down(true);
    worker.await([&] { return worker.says("kafka_all_brokers_down"); }, 20s, "no line about the brokers");
    CHECK(worker.ready());  // it lost nothing that it could not take up again
    CHECK(worker.stop() == 0);
}
