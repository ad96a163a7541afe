#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/book.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

// Events for the topic before and after, of different accounts.
struct Lives {
    History first;
    History second;
};

Lives draw_lives(const std::string& name) {
    const History both =
        draw_history({.name = name, .seed = 10, .events = 400, .people = 60, .invalid_share = 0, .skew = 1});
    Lives lives{both, both};
    const auto keep = [](History& history, std::size_t remainder) {
        auto& events = history.events;
        const auto others = std::remove_if(events.begin(), events.end(), [&](const SentEvent& event) {
            return event.account % 2 != remainder;
        });
        events.erase(others, events.end());
    };
    keep(lives.first, 0);
    keep(lives.second, 1);
    return lives;
}

// Everything in the second topic was executed; what the first one demanded does not matter.
void require_second_done(Scene& scene, const Lives& lives) {
    const Book book{lives.second};
    sim::Ledger ledger;
    for (const sim::LedgerEntry& entry : scene.ledger()) {
        if (book.find(entry) != nullptr) {
            ledger.push_back(entry);
        }
    }
    static_cast<void>(require_all_once(lives.second, ledger));
}

void delete_source(Scene& scene) {
    delete_topic(scene.cluster().bootstrap(), scene.source_topic());
}

// `events`: how many of the second history.
void make_again(Scene& scene, Cluster& fresh, const Lives& lives, std::size_t events) {
    fresh.create_topic(scene.source_topic(), 2);
    const auto first = lives.second.events.begin();
    fresh.produce(scene.source_topic(), {first, first + static_cast<std::ptrdiff_t>(events)});
}

// Nobody reads meanwhile: the brokers forget the group's offsets with the topic.
void while_nobody_reads(const Stage& stage) {
    Scene scene{stage, {.name = "recreated-away", .partitions = 2}};
    const Lives lives = draw_lives(scene.name());
    scene.stock(lives.first);
    scene.cluster().produce(scene.source_topic(), lives.first.events);
    {
        WorkerProcess worker = scene.start({.instance = "one"});
        scene.await_settled(worker);
        require(worker.stop() == 0, "the worker did not end with 0");
    }
    delete_source(scene);
    Cluster fresh{scene.cluster().bootstrap()};
    make_again(scene, fresh, lives, lives.second.events.size());
    WorkerProcess worker = scene.start({.instance = "one"});
    worker.await(
        [&] { return fresh.lag_is_zero(scene.group(), scene.source_topic()); }, 30s,
        "the new topic was not read to its end");
    require_second_done(scene, lives);
    require(worker.stop() == 0, "the worker did not end with 0");
}

// With records under way the worker once finished those, committed their offsets for the new topic, and read
// on behind them: what lay below in the new topic was skipped without a word.
void under_way(const Stage& stage) {
    Scene scene{stage, {.name = "recreated-busy", .partitions = 2}};
    const Lives lives = draw_lives(scene.name());
    scene.stock(lives.first);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 1500ms}});
    scene.cluster().produce(scene.source_topic(), lives.first.events);
    WorkerProcess worker = scene.start({.instance = "one"});
    const auto received = static_cast<double>(lives.first.events.size());
    worker.await(
        [&] { return worker.metric("autosignin_records_total") == received && scene.in_flight() > 0; }, 20s,
        "nothing is under way");
    delete_source(scene);
    worker.await(
        [&] { return worker.says("kafka_partition_vanished"); }, 20s,
        "nobody is told that the topic is gone");
    require(
        worker.metric("autosignin_kafka_errors_total{kind=\"unknown_topic\"}") > 0,
        "the topic that is gone is not counted");
    scene.script({});
    Cluster fresh{scene.cluster().bootstrap()};
    make_again(scene, fresh, lives, lives.second.events.size());
    worker.await(
        [&] { return fresh.lag_is_zero(scene.group(), scene.source_topic()); }, 30s,
        "the new topic was not read to its end");
    require_second_done(scene, lives);
    const WorkerProcess::Page page = worker.get("/readyz");
    require(page.status == 200, "not ready with the new topic: " + page.body);
    require(worker.stop() == 0, "the worker did not end with 0");
    scene.require_no_traces();
}

// So fast that nobody may have seen the topic missing, and shorter than before: there is nothing at the old
// offset. Held, and told; or it was seen, and read from the beginning.
bool held_when_unseen(const Stage& stage) {
    Scene scene{stage, {.name = "recreated-fast", .partitions = 2}};
    Lives lives = draw_lives(scene.name());
    scene.stock(lives.first);
    scene.cluster().produce(scene.source_topic(), lives.first.events);
    WorkerProcess worker = scene.start({.instance = "one"});
    scene.await_settled(worker);
    delete_source(scene);
    Cluster fresh{scene.cluster().bootstrap()};
    keep_first(lives.second, 20);
    make_again(scene, fresh, lives, 20);
    bool read = false;
    worker.await(
        [&] {
            read = fresh.lag_is_zero(scene.group(), scene.source_topic());
            return read || worker.metric("autosignin_partitions_held") == 2;
        },
        30s, "neither held nor read");
    if (read) {
        require_second_done(scene, lives);
    } else {
        require(worker.says("kafka_offset_out_of_range"), "nobody is told that the offset is gone");
        const WorkerProcess::Page page = worker.get("/readyz");
        require(page.status == 503 && page.body.find("held") != std::string::npos, "/readyz: " + page.body);
    }
    require(worker.stop() == 0, "the worker did not end with 0");
    return !read;
}

}  // namespace

std::string check_topic_recreated(const Stage& stage) {
    while_nobody_reads(stage);
    under_way(stage);
    const bool held = held_when_unseen(stage);
    return fmt::format(
        "told, and the new topic read from its beginning; made again within moments: {}",
        held ? "held and told" : "read as well");
}

}  // namespace lane
