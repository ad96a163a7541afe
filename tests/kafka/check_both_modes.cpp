#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/kcat.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/require.hpp"

namespace lane {
namespace {

using namespace std::chrono_literals;

constexpr std::ptrdiff_t by_hand = 100;  // events that go through kcat: a process each, mostly

void look_at_admin_port(Scene& scene, const WorkerProcess& worker) {
    for (const char* path : {"/metrics", "/status", "/livez", "/readyz"}) {
        const WorkerProcess::Page page = worker.get(path);
        require(page.status == 200, fmt::format("{} answers {}: {}", path, page.status, page.body));
        scene.traces().look_at(path, page.body);
    }
    scene.traces().look_at_process(worker.child().pid());
}

void require_metrics(const Scene& scene, const WorkerProcess& worker, const History& history) {
    const std::string page = worker.get("/metrics").body;
    const auto require_value = [&](const std::string& series, std::size_t wanted) {
        const double value = series_value(page, series);
        require(value == static_cast<double>(wanted), fmt::format("{} is {}, not {}", series, value, wanted));
    };
    require_value("autosignin_records_total", history.events.size());
    require_value("autosignin_dead_letters_total{reason=\"invalid\"}", history.invalid());
    require_value("autosignin_in_flight", 0);
    require_value("autosignin_oldest_unexecuted_seconds{state=\"received\"}", 0);
    const auto status = nlohmann::json::parse(worker.get("/status").body);
    for (const auto& [partition, end] : scene.cluster().ends(scene.source_topic())) {
        require_value(
            fmt::format(
                "autosignin_partition_committed_offset{{topic=\"{}\",partition=\"{}\"}}",
                scene.source_topic(), partition),
            static_cast<std::size_t>(end.value));
    }
    require(status.at("partitions").size() == 6, "/status does not show six partitions");
}

}  // namespace

std::string check_both_modes(const Stage& stage) {
    Scene scene{stage, {.name = "bothmodes"}};
    const History history = draw_history({.name = "bothmodes", .seed = 1, .events = 700, .people = 60});
    scene.stock(history);
    WorkerProcess worker =
        scene.start({.instance = "one", .log_level = "debug", .properties = {{"debug", "all"}}});
    worker.await([&] { return worker.ready(); }, 20s, "/readyz did not become 200");

    const auto split = history.events.begin() + by_hand;
    send_by_kcat(
        scene.cluster().bootstrap(), scene.source_topic(), {history.events.begin(), split}, scene.folder());
    look_at_admin_port(scene, worker);
    scene.cluster().produce(scene.source_topic(), {split, history.events.end()});
    look_at_admin_port(scene, worker);
    scene.await_settled(worker);
    look_at_admin_port(scene, worker);

    Traces control;
    control.look_at("an event", history.events.front().value.value_or(""));
    require(!control.found().empty(), "a secret would not be found");
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    static_cast<void>(require_dead_letters(scene, history));
    require_receipts(scene, history, Repeats::none);
    require_metrics(scene, worker, history);
    const int code = worker.stop();
    require(code == 0, fmt::format("exit code {} after SIGTERM", code));
    scene.require_no_traces();
    return fmt::format(
        "{} events, {} by kcat; {} commands, {} dead letters", history.events.size(), by_hand,
        history.demands(), history.invalid());
}

}  // namespace lane
