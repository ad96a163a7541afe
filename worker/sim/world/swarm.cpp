#include "worker/sim/world/swarm.hpp"

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <vector>

#include "common/prng.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;

// Stands in for the keyed hash of production: one-way enough for a checker that looks for values.
std::string fingerprint(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char byte : text) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
    }
    return fmt::format("{:016x}", hash);
}

core::Settings draw_settings(Choices& choices, const Swarm& swarm) {
    core::Settings settings;
    for (std::uint32_t app = 0; app < swarm.apps; ++app) {
        const bool limited = choices.chance(15);
        settings.credentials.push_back(
            {.name = app_name(core::AppId{app}),
             .endpoint = core::EndpointId{app},
             .requests_per_second = limited ? static_cast<double>(choices.between(5, 50)) : 0.0,
             .burst = static_cast<double>(choices.between(1, 10))});
        settings.endpoints.push_back({.name = fmt::format("apple-{}.test", app)});
        settings.rules.apps.emplace(app_name(core::AppId{app}), core::AppId{app});
    }
    settings.consumer_group = "simulated";
    settings.worker_version = "0.0.0-sim";
    settings.receipts_topic = choices.chance(85) ? "receipts" : "";
    settings.time_to_execute = {60s, 15min, 60s, 15min};
    settings.in_flight_max = choices.chance(30) ? choices.between(1, 4) : choices.between(5, 100);
    settings.records_buffered_max = choices.chance(40) ? choices.between(1, 20) : choices.between(20, 1000);
    if (choices.chance(20)) {
        settings.bytes_buffered_max = choices.between(2'000, 20'000);
    }
    settings.stores_in_flight_max = choices.chance(30) ? choices.between(1, 8) : 1000;
    settings.request_timeout = choices.between(common::Duration{500ms}, common::Duration{10s});
    // High enough that chance alone never exhausts a command whose faults come one by one.
    settings.attempts_max = static_cast<int>(choices.between(14, 24));
    settings.retry = {
        choices.between(common::Duration{50ms}, common::Duration{500ms}),
        choices.between(common::Duration{1s}, common::Duration{15s})};
    settings.refused = {500ms, choices.between(common::Duration{2s}, common::Duration{15s})};
    settings.throttled = {500ms, choices.between(common::Duration{2s}, common::Duration{15s})};
    settings.store_retry = {100ms, choices.between(common::Duration{1s}, common::Duration{5s})};
    settings.breaker.failures = static_cast<int>(choices.between(3, 10));
    settings.breaker.window = static_cast<std::size_t>(settings.breaker.failures) * 2;
    settings.breaker.probe = {500ms, choices.between(common::Duration{2s}, common::Duration{10s})};
    settings.breaker.probes_before_canary = static_cast<int>(choices.between(1, 3));
    // Few, where it matters: the worlds are small.
    settings.rejections_in_a_row_max =
        static_cast<int>(swarm.rejections ? choices.between(1, 4) : choices.between(3, 12));
    settings.commit_interval = choices.between(common::Duration{10ms}, common::Duration{1s});
    settings.commit_completions = choices.chance(30) ? choices.between(1, 5) : choices.between(5, 1000);
    // A small window gives up a head that fails while the records behind it succeed. That is only right for
    // poison, so such worlds have no faults that strike one by one.
    if (swarm.poison && !swarm.apple_errors && !swarm.apple_outages && !swarm.wire_losses &&
        !swarm.slow_apple) {
        settings.span_max = choices.between(8, 60);
    }
    settings.say_outcomes = choices.chance(50);
    settings.breaker.canary = swarm.poison || choices.chance(80);
    settings.drain_timeout = choices.between(common::Duration{1s}, common::Duration{15s});
    settings.fingerprint = fingerprint;
    settings.seed = choices.below(UINT64_MAX);
    settings.standstill_after = 6s;  // shorter than windows in which stores or commits fail
    if (swarm.rejections && choices.chance(50)) {
        settings.rejected_at_once_max = static_cast<int>(choices.between(1, 6));
        settings.rejected_per_minute_max = static_cast<double>(choices.between(6, 60));
    }
    return settings;
}

// Last, so that worlds without them are what they were.
void draw_operators(Choices& choices, Swarm& swarm) {
    swarm.operators = choices.chance(30);
    if (!swarm.operators) {
        return;
    }
    swarm.letter_partitions = choices.between(1, 3);
    swarm.settings.receipts_topic = "receipts";
    const bool heals = choices.chance(70);
    if (heals) {
        swarm.heals_after = choices.between({}, swarm.calm_after);
    }
    // Letters are what operators live on.
    const bool more = choices.chance(60);
    swarm.poison = swarm.poison || more;
    swarm.poison_percent = more ? static_cast<unsigned>(choices.between(6, 50)) : swarm.poison_percent;
    swarm.settings.breaker.canary = swarm.settings.breaker.canary || swarm.poison;
}

}  // namespace

std::string app_name(core::AppId app) {
    return fmt::format("app-{}", app.value);
}

std::string bundle_id(core::AppId app) {
    return fmt::format("com.example.app{}", app.value);
}

Swarm draw_swarm(Choices& choices) {
    Swarm swarm;
    swarm.workers = choices.chance(30) ? choices.between(2, 3) : 1;
    swarm.partitions = choices.between(1, 4);
    swarm.accounts = choices.chance(80) ? choices.between(4, 40) : choices.between(1, 3);
    swarm.records = choices.chance(20) ? choices.between(120, 300) : choices.between(2, 120);
    swarm.apps = choices.chance(30) ? 2 : 1;
    swarm.calm_after = choices.between(common::Duration{5s}, common::Duration{90s});
    const std::vector<unsigned> likelihoods{0, 15, 35, 35, 60};
    const unsigned likely = choices.one_of(likelihoods);
    for (const FaultClass& fault : fault_classes) {
        const bool rare = fault.on == &Swarm::short_metadata;
        swarm.*fault.on = choices.chance(rare ? likely / 4 : likely);
    }
    swarm.latency_max = choices.chance(50) ? 300ms : 20ms;
    swarm.settings = draw_settings(choices, swarm);
    draw_operators(choices, swarm);
    return swarm;
}

std::string Swarm::describe() const {
    std::string text = fmt::format(
        "{} worker(s), {} partition(s), {} accounts, {} records, {} app(s), calm after {:.0f} s, in flight "
        "<= {}, "
        "buffered <= {}, attempts <= {}; faults:",
        workers, partitions, accounts, records, apps, common::seconds(calm_after), settings.in_flight_max,
        settings.records_buffered_max, settings.attempts_max);
    text += operators ? " operators" : "";
    for (const FaultClass& fault : fault_classes) {
        if (this->*fault.on) {
            text += ' ';
            text += fault.name;
        }
    }
    return text;
}

}  // namespace sim
