// The program gives back what it took when it ends: run under AddressSanitizer, whose leak check speaks at
// the end of the process; in other builds the same ends, without the check.
#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "tests/integration/cli_scene.hpp"

namespace {

using cli::contains;
using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("cli: a worker that ends has let go of everything") {
    Scene scene;
    scene.produce(
        {Scene::deletion("alice", "tkn~1"), Scene::deletion("bob", "tkn~2"),
         Scene::event("broken", "carol", "{}")});
    struct Row {
        const char* because;
        cli::Edits edits;
        std::vector<sim::Fault> faults;
        int code;
    };
    const Row rows[] = {
        {"after work over HTTP/2", {}, {}, 0},
        {"after work over HTTP/1.1", {{"apple.transport", "http1"}}, {}, 0},
        {"with an answer outstanding",
         {{"drain_timeout", "300ms"}, {"apple.request_timeout", "1m"}},
         {{.kind = sim::FaultKind::stall}},
         5},
    };
    int group = 0;
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            scene.script(row.faults);
            cli::Edits edits = row.edits;
            edits["kafka.group_id"] = "shutdown-" + std::to_string(++group);  // each reads from the start
            WorkerProcess worker{
                AUTOSIGNIN_WORKER,
                scene.write_config(edits),
                scene.path("worker.log"),
                {"LSAN_OPTIONS=log_threads=1"}};
            worker.await([&] { return scene.ledger().size() >= 2; }, 60s, "nothing reached Apple");
            worker.child().signal(SIGTERM);
            CHECK(worker.await_end(60s) == row.code);
            const std::string log = worker.log();
            CAPTURE(log);
            CHECK_FALSE(contains(log, "ERROR: "));
#ifdef AUTOSIGNIN_SANITIZED
            // The leak check did look; an end that is not clean skips it, with the destructors.
            CHECK(contains(log, "Processing thread") == (row.code == 0));
#endif
        }
    }
}
