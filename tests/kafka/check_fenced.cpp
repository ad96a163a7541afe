#include <fmt/format.h>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr int kafka_fatal = 4;  // as documented (worker/app/exit_code.hpp)

}  // namespace

std::string check_fenced(const Stage& stage) {
    Scene scene{stage, {.name = "fenced"}};
    const History history = draw_history({.name = "fenced", .seed = 5, .events = 200, .people = 40});
    scene.stock(history);
    WorkerProcess older = scene.start({.instance = "twin"});
    older.await([&] { return older.ready(); }, 20s, "the older worker did not become ready");

    WorkerProcess newer = scene.start({.instance = "twin"});
    const int code = older.await_end(30s);
    require(code == kafka_fatal, fmt::format("the fenced worker ended with {}, not {}", code, kafka_fatal));
    require(
        older.says("kafka_fatal") && older.log().find("group.instance.id") != std::string::npos,
        "the fenced worker does not say why it ended");

    newer.await([&] { return newer.ready(); }, 20s, "the newer worker did not become ready");
    scene.cluster().produce(scene.source_topic(), history.events);
    scene.await_settled(newer);
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    require(newer.stop() == 0, "the newer worker did not end with 0");
    scene.require_no_traces();
    return fmt::format("the older one ended with {}, the newer one did {} commands", code, history.demands());
}

}  // namespace lane
