#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/guarded.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr const char* user = "reader";

// Whoever keeps Describe keeps its partitions, and is refused their records. Whoever loses it with Read sees
// no topic any more, and the group takes the partitions back.
enum class Left : unsigned char { nothing, describe };

std::size_t play(const Stage& stage, const PrivateBroker& broker, Left left) {
    Scene scene{stage, {.name = left == Left::describe ? "refused" : "unseen"}};
    const std::string bootstrap = broker.bootstrap();
    const History history = draw_history({.name = scene.name(), .seed = 7, .events = 200, .people = 40});
    scene.stock(history);
    grant(bootstrap, user, Right::read_group, scene.group());
    grant(bootstrap, user, Right::read_topic, scene.source_topic());
    grant(bootstrap, user, Right::write_topic, scene.dead_letter_topic());
    grant(bootstrap, user, Right::write_topic, scene.receipts_topic());
    if (left == Left::describe) {
        grant(bootstrap, user, Right::describe_topic, scene.source_topic());
    }
    WorkerProcess worker = scene.start(
        {.instance = "one",
         .bootstrap = broker.address(guarded_listener),
         .properties = properties_of(stage, user, scene.folder())});
    const auto half = history.events.begin() + static_cast<std::ptrdiff_t>(history.events.size() / 2);
    scene.cluster().produce(scene.source_topic(), {history.events.begin(), half});
    worker.await(
        [&] { return worker.ready() && scene.cluster().lag_is_zero(scene.group(), scene.source_topic()); },
        30s, "the first half was not settled");

    withdraw(bootstrap, user, Right::read_topic, scene.source_topic());
    worker.await(
        [&] {
            return worker.says("kafka_no_topic_right") &&
                   (left == Left::describe ? worker.metric("autosignin_partitions_unread") > 0
                                           : worker.metric("autosignin_partitions_assigned") == 0);
        },
        30s, "nobody is told that a topic is not read any more");
    // What came earlier might be read, not committed, and repeated.
    scene.cluster().produce(scene.source_topic(), {half, history.events.end()});
    const std::string source = fmt::format("autosignin_source_topic{{topic=\"{}\"}}", scene.source_topic());
    require(worker.metric(source) == 1, "the topic that should be read is not named");
    if (left == Left::describe) {
        const std::string reason = worker.get("/readyz").body;
        require(reason.find("grant Read") != std::string::npos, "ready, or no reason why not: " + reason);
    }

    grant(bootstrap, user, Right::read_topic, scene.source_topic());
    scene.await_settled(worker);
    worker.await(
        [&] { return worker.ready() && worker.metric("autosignin_partitions_unread") == 0; }, 30s,
        "it reads again, and does not say so");
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    require(worker.stop() == 0, "the worker did not end with 0");
    return history.demands();
}

}  // namespace

std::string check_withdrawn(const Stage& stage) {
    PrivateBroker broker{stage, guarded_broker(stage, "withdrawn", {user})};
    Cluster cluster{broker.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    const std::size_t commands = play(mine, broker, Left::nothing) + play(mine, broker, Left::describe);
    return fmt::format("told twice that a topic is not read any more; {} commands, each once", commands);
}

}  // namespace lane
