#include <fmt/format.h>

#include <csignal>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/replay_tool.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr int held = 10;  // as documented (worker/app/exit_code.hpp)
constexpr int unfinished = 11;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

std::string check_replay_held(const Stage& stage) {
    Scene scene{stage, {.name = "replayheld", .partitions = 2}};
    std::vector<SentEvent> broken;
    constexpr std::size_t letters = 100;
    for (std::size_t i = 0; i < letters; ++i) {
        SentEvent& event = broken.emplace_back();
        event.id = fmt::format("broken-{}", i);
        event.key = event.id;
        event.value = std::string{"{"};
    }
    scene.cluster().produce(scene.source_topic(), broken);
    const WorkerOptions options{.instance = "one"};
    WorkerProcess worker = scene.start(options);
    scene.await_settled(worker);
    require(worker.stop() == 0, "the worker did not end with 0");  // so nothing comes back meanwhile

    const std::string config = scene.write_config(options);
    const auto file = [&](const char* name) { return fmt::format("{}/{}.txt", scene.folder(), name); };
    const auto before = scene.cluster().ends(scene.source_topic());
    ReplayTool first{
        stage, config, file("first"), {"replay", "--yes", "--rate", "5", "--wait", "0", "--by", "anna"}};
    require(
        until([&] { return scene.cluster().ends(scene.source_topic()) != before; }, 20s),
        "the first operator does not get on: " + first.output());
    ReplayTool second{stage, config, file("second"), {"replay", "--yes", "--by", "bert"}};
    ReplayTool impatient{stage, config, file("impatient"), {"replay", "--yes", "--by", "carl"}};
    require(
        until([&] { return contains(impatient.output(), "is held by "); }, 8s),
        "the third operator is not told whom it waits for: " + impatient.output());
    impatient.child().signal(SIGINT);
    impatient.require_end(unfinished);
    require(contains(impatient.output(), "interrupted before anything was begun"), impatient.output());
    // Looking is free for everybody.
    ReplayTool list{stage, config, file("list"), {"list"}};
    list.require_end(0);
    second.require_end(held);
    const std::string told = second.output();
    require(
        contains(told, "replayheld.replay is held by anna at") && contains(told, "waiting up to 9 s") &&
            contains(told, "nothing was done"),
        told);
    first.child().signal(SIGINT);
    first.require_end(unfinished);
    require(contains(first.output(), "interrupted"), first.output());

    // The place is free at once, and nothing that the first one sent is sent again.
    ReplayTool third{stage, config, file("third"), {"replay", "--yes", "--wait", "0", "--by", "bert"}};
    third.require_end(unfinished);  // no worker runs
    std::size_t sent = 0;
    for (const auto& [partition, end] : scene.cluster().ends(scene.source_topic())) {
        sent += static_cast<std::size_t>(end.value);
    }
    require(
        sent == 2 * letters, fmt::format("{} records in the source topic instead of {}", sent, 2 * letters));
    ReplayTool rest{stage, config, file("rest"), {"list", "--fail-when-open"}};
    rest.require_end(0);

    // One topic a reason, of which two do not exist yet.
    WorkerOptions by_reason = options;
    by_reason.more = "dead_letters: {topic: \"{topic}.{reason}\"}\n";
    scene.cluster().create_topic(fmt::format("{}.invalid", scene.source_topic()), 1);
    ReplayTool partly{stage, scene.write_config(by_reason), file("partly"), {"list"}};
    partly.require_end(0);
    require(
        contains(partly.output(), "0 open dead letters") &&
            contains(partly.output(), fmt::format("there is no topic {}.rejected", scene.source_topic())),
        partly.output());
    return fmt::format("the second one was told of the first, by name; {} letters sent once", letters);
}

}  // namespace lane
