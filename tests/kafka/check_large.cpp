#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/prng.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t broker_takes = 1'048'588;  // max.message.bytes of a topic, unless told

// Text that no codec makes small.
std::string noise(common::Prng& prng, std::size_t size) {
    constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    std::string text(size, ' ');
    for (char& letter : text) {
        letter = letters[prng.below(letters.size())];
    }
    return text;
}

}  // namespace

std::string check_large(const Stage& stage) {
    Scene scene{stage, {.name = "large", .partitions = 1}};
    History history = draw_history(
        {.name = "large", .seed = 12, .events = 40, .people = 10, .invalid_share = 0.3, .skew = 1});
    scene.stock(history);
    // As large as the topic takes, but for the frame of a batch with one record.
    common::Prng prng{12};
    std::size_t valid = 0;
    std::size_t invalid = 0;
    for (SentEvent& event : history.events) {
        const std::size_t frame = 100 + event.key.size() + 400;
        const std::string padding = noise(prng, broker_takes - frame - event.value->size());
        if (event.valid) {
            nlohmann::ordered_json value = nlohmann::ordered_json::parse(*event.value);
            value["padding"] = padding;
            event.value = value.dump();
        } else {
            *event.value += padding;
        }
        ++(event.valid ? valid : invalid);
    }
    WorkerProcess worker = scene.start({.instance = "one"});
    scene.cluster().produce(scene.source_topic(), history.events);
    scene.await_settled(worker);
    static_cast<void>(require_all_once(history, scene.ledger()));
    scene.require_store(history);
    std::size_t whole = 0;
    std::size_t without_value = 0;
    for (const ReadRecord& each : scene.cluster().read(scene.dead_letter_topic())) {
        const core::Record& letter = each.record;
        const bool omitted = std::any_of(
            letter.headers.begin(), letter.headers.end(),
            [](const core::Header& header) { return header.name == "dlq.value.omitted"; });
        require(omitted != letter.value.has_value(), "a dead letter without a value does not say so");
        ++(omitted ? without_value : whole);
    }
    require(
        whole + without_value == invalid,
        fmt::format("{} dead letters of {}", whole + without_value, invalid));
    require(
        worker.metric("autosignin_dead_letters_without_value_total") == static_cast<double>(without_value),
        "dead letters without their value are not counted");
    require(without_value > 0, "every original fitted with its headers: the check proves nothing");
    require(worker.stop() == 0, "the worker did not end with 0");
    return fmt::format(
        "{} events of 1 MiB executed; {} dead letters whole, {} without the value, counted", valid, whole,
        without_value);
}

}  // namespace lane
